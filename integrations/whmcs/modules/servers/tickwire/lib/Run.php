<?php

namespace Tickwire\Whmcs;

/** Runs what WHMCS asks of a module, and writes each call into WHMCS's module log without its keys. */
final class Run
{
    /**
     * @param callable(Gateway, Service): void $work
     * @return string `success`, or a sentence that says what is wrong
     */
    public static function command(string $function, array $params, callable $work): string
    {
        $service = new Service($params);
        try {
            $work(Gateway::fromParams($params), $service);
            self::log($function, $params, 'success');
            return 'success';
        } catch (\Throwable $error) {
            $sentence = self::sentenceOf($error);
            self::log($function, $params, $sentence);
            return $sentence;
        }
    }

    /** What the staff reads; the gateway's own sentence where it says enough. */
    private static function sentenceOf(\Throwable $error): string
    {
        return match ($error instanceof GatewayError ? $error->reason : '') {
            'idempotency_conflict' => 'This was paid already, with another plan or number of months. Set the product back to what was ordered and try again: nothing is charged twice.',
            'insufficient_credit' => 'The credit in the wallet of the agent is not enough: nothing was bought. Top the wallet up and try again.',
            'service_expired' => 'The time of this service is over: renew it instead.',
            'service_not_found' => 'The gateway does not know this service among those of this agent key.',
            default => $error->getMessage(),
        };
    }

    /** Writes a call into the module log: what was asked, without any key, and what came of it. */
    public static function log(string $function, array $params, string $outcome): void
    {
        if (!function_exists('logModuleCall')) {
            return;
        }
        $asked = [
            'serviceid' => $params['serviceid'] ?? null,
            'server' => $params['serverhostname'] ?? null,
            'plan' => $params['configoption1'] ?? null,
            'months' => $params['configoption2'] ?? null,
        ];
        logModuleCall('tickwire', $function, $asked, $outcome, $outcome, self::secretsOf($params));
    }

    /** Never an empty text: WHMCS would put its stars between all letters. */
    private static function secretsOf(array $params): array
    {
        $secrets = [$params['serveraccesshash'] ?? '', $params['serverpassword'] ?? '', $params['password'] ?? '', (new Service($params))->storedKey()];
        return array_values(array_filter(array_map(fn ($secret) => trim((string) $secret), $secrets)));
    }
}
