<?php

/**
 * Stands in for WHMCS: reads from standard input which function of the module to call with which
 * parameters, and prints what came back, what was kept and what was logged. Nothing of the module is
 * replaced; only what WHMCS itself would bring is here.
 */

define('WHMCS', true);

$asked = json_decode(stream_get_contents(STDIN), true);
$log = [];
$checkedTokens = [];

/** As WHMCS writes a module call down: what must not be read is replaced by stars. */
function logModuleCall($module, $action, $request, $response, $processed = '', $replaceVars = [])
{
    global $log;
    $hide = fn ($data) => str_replace($replaceVars, '****', is_string($data) ? $data : json_encode($data));
    $log[] = [$module, $action, $hide($request), $hide($response), $hide($processed)];
}

function check_token($namespace)
{
    global $checkedTokens;
    $checkedTokens[] = $namespace;
}

final class ServiceProperties
{
    public function __construct(public array $kept)
    {
    }

    public function save(array $properties): void
    {
        $this->kept = $properties + $this->kept;
    }

    public function get(string $name): string
    {
        return $this->kept[$name] ?? '';
    }
}

final class ServiceModel
{
    public function __construct(public ServiceProperties $serviceProperties, public string $billingcycle, public string $nextduedate)
    {
    }
}

$properties = new ServiceProperties($asked['properties']);
$params = $asked['params'];
$params['model'] = new ServiceModel($properties, $asked['billingCycle'], $asked['nextDueDate']);
$_SERVER['REQUEST_METHOD'] = $asked['post'] === null ? 'GET' : 'POST';
$_POST = $asked['post'] ?? [];

require $asked['module'];
$result = ('tickwire_' . $asked['function'])($params);
echo json_encode(['result' => $result, 'properties' => (object) $properties->kept, 'log' => $log, 'checkedTokens' => $checkedTokens]);
