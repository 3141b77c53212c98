<?php

/**
 * Tickwire for WHMCS: sells WhatsApp services of a Tickwire gateway.
 *
 * A provisioning module as https://developers.whmcs.com/provisioning-modules/ describes it. It makes
 * the gateway's documented partner calls with the agent key of the server entry. The API key of a
 * service is kept in its username field.
 *
 * Money: every call that pays carries a name made of the service and the payment, and the gateway
 * carries out a name once. WHMCS may call any function again at any time.
 *
 * There is no ServiceSingleSignOn: customers have nothing to sign on to at the gateway; all they need
 * is in the client area.
 */

if (!defined('WHMCS')) {
    die('This file cannot be accessed directly');
}

use Tickwire\Whmcs\Gateway;
use Tickwire\Whmcs\GatewayError;
use Tickwire\Whmcs\Overview;
use Tickwire\Whmcs\Run;
use Tickwire\Whmcs\Service;

require_once __DIR__ . '/lib/GatewayError.php';
require_once __DIR__ . '/lib/Gateway.php';
require_once __DIR__ . '/lib/Service.php';
require_once __DIR__ . '/lib/Overview.php';
require_once __DIR__ . '/lib/Run.php';

function tickwire_MetaData(): array
{
    return [
        'DisplayName' => 'Tickwire WhatsApp',
        'APIVersion' => '1.1',
        'RequiresServer' => true,
        'DefaultNonSSLPort' => '3000',
        'DefaultSSLPort' => '443',
    ];
}

function tickwire_ConfigOptions(): array
{
    return [
        'Plan' => [
            'Type' => 'dropdown',
            'Options' => ['2' => 'Basic', '3' => 'Pro', '4' => 'Premium (with webhooks)'],
            'Default' => '2',
            'Description' => 'What the service may do',
        ],
        'Months' => [
            'Type' => 'dropdown',
            'Options' => ['auto' => 'As the billing cycle says', '1' => '1', '3' => '3', '6' => '6', '12' => '12'],
            'Default' => 'auto',
            'Description' => 'How many months each payment buys',
        ],
    ];
}

/** Buys the service. Called again, it finds the one that was bought and pays nothing. */
function tickwire_CreateAccount(array $params): string
{
    return Run::command('CreateAccount', $params, function (Gateway $gateway, Service $service): void {
        $stored = $service->storedKey();
        if ($stored !== '' && $gateway->find($stored) !== null) {
            return;
        }
        $service->keepKey($gateway->create($service->planId(), $service->months(), $service->creationName()));
    });
}

/** Nothing is sent or received any more; the queue and the link to the phone stay. */
function tickwire_SuspendAccount(array $params): string
{
    return Run::command('SuspendAccount', $params, function (Gateway $gateway, Service $service): void {
        $gateway->change('suspend', $service->key());
    });
}

/**
 * Undoes SuspendAccount. WHMCS unsuspends and renews after a late payment, in an order of its own: a
 * service whose time is over is renewed here first if WHMCS has it paid. Renew then uses the same name
 * and pays nothing more.
 */
function tickwire_UnsuspendAccount(array $params): string
{
    return Run::command('UnsuspendAccount', $params, function (Gateway $gateway, Service $service): void {
        try {
            $gateway->change('unsuspend', $service->key());
        } catch (GatewayError $error) {
            if ($error->reason !== 'service_expired' || !$service->isPaidAhead()) {
                throw $error;
            }
            $gateway->renew($service->key(), $service->months(), $service->renewalName());
            $gateway->change('unsuspend', $service->key());
        }
    });
}

/** Unlinks the phone and deletes the service for good. One that is gone already is fine. */
function tickwire_TerminateAccount(array $params): string
{
    return Run::command('TerminateAccount', $params, function (Gateway $gateway, Service $service): void {
        try {
            $gateway->change('remove', $service->key());
        } catch (GatewayError $error) {
            if ($error->reason !== 'service_not_found') {
                throw $error;
            }
        }
    });
}

/** Pays for the next months, once for each due date. */
function tickwire_Renew(array $params): string
{
    return Run::command('Renew', $params, function (Gateway $gateway, Service $service): void {
        $gateway->renew($service->key(), $service->months(), $service->renewalName());
    });
}

/**
 * Another number of months counts from the next payment on, so there is nothing to do now. The plan
 * of a service that exists can not be changed over the partner calls.
 */
function tickwire_ChangePackage(array $params): string
{
    return Run::command('ChangePackage', $params, function (Gateway $gateway, Service $service): void {
        $service->months();
        $level = (int) ($gateway->settings($service->key())['level'] ?? 0);
        if ($level + 1 !== $service->planId()) {
            throw new GatewayError('The plan of an existing service can not be changed; only the months can. Order a new service with the other plan, link the phone to it, then terminate this one.', 'setup');
        }
    });
}

function tickwire_TestConnection(array $params): array
{
    try {
        Gateway::fromParams($params)->credit();
        return ['success' => true, 'error' => ''];
    } catch (\Throwable $error) {
        Run::log('TestConnection', $params, $error->getMessage());
        return ['success' => false, 'error' => $error->getMessage()];
    }
}

function tickwire_AdminCustomButtonArray(): array
{
    return ['Connect' => 'connect', 'Disconnect' => 'disconnect'];
}

/** Opens the connection to WhatsApp and keeps it open. */
function tickwire_connect(array $params): string
{
    return Run::command('connect', $params, function (Gateway $gateway, Service $service): void {
        $gateway->change('connect', $service->key());
    });
}

/** Closes the connection to WhatsApp until Connect; the phone stays linked. */
function tickwire_disconnect(array $params): string
{
    return Run::command('disconnect', $params, function (Gateway $gateway, Service $service): void {
        $gateway->change('disconnect', $service->key());
    });
}

/** Rows for the service's page in the admin area. */
function tickwire_AdminServicesTabFields(array $params): array
{
    $key = (new Service($params))->storedKey();
    if ($key === '') {
        return [];
    }
    try {
        $gateway = Gateway::fromParams($params);
        $overview = Overview::of($gateway, $key, false);
        $fields = [
            'API key' => $overview['apiKey'],
            'WhatsApp' => $overview['status'],
            'Number' => $overview['number'] ?: 'none linked',
            'Paid until' => $gateway->find($key)['expire'] ?? 'not in this agent\'s list',
            'Wallet of the agent' => $gateway->credit(),
        ];
        $fields = array_map(fn ($text) => htmlspecialchars((string) $text), $fields);
        if ($overview['qrPicture'] !== '') {
            $fields['Scan to link'] = '<img src="' . $overview['qrPicture'] . '" width="220" height="220" alt="QR code">';
        }
        return $fields;
    } catch (\Throwable $error) {
        Run::log('AdminServicesTabFields', $params, $error->getMessage());
        return ['Tickwire' => htmlspecialchars($error->getMessage())];
    }
}

/** What the customer sees on the product's page, and the buttons there. */
function tickwire_ClientArea(array $params): array
{
    $action = ($_SERVER['REQUEST_METHOD'] ?? '') === 'POST' ? (string) ($_POST['customAction'] ?? '') : '';
    $service = new Service($params);
    $variables = ['pairingCode' => '', 'error' => '', 'overview' => null];
    try {
        $gateway = Gateway::fromParams($params);
        $key = $service->key();
        try {
            $variables['pairingCode'] = tickwire_customerAction($action, $gateway, $key);
        } catch (GatewayError $error) {
            $variables['error'] = $error->getMessage();
        }
        $variables['overview'] = Overview::of($gateway, $key, $action === 'qr');
    } catch (\Throwable $error) {
        Run::log('ClientArea', $params, $error->getMessage());
        $variables['error'] = 'The state of this service can not be shown at the moment. Please try again in a minute.';
    }
    return ['tabOverviewModuleOutputTemplate' => 'templates/overview.tpl', 'templateVariables' => ['tickwire' => $variables]];
}

/** Does what a customer pressed. @return string a pairing code where one was asked for, else empty */
function tickwire_customerAction(string $action, Gateway $gateway, string $apiKey): string
{
    if (!in_array($action, ['qr', 'pair', 'connect', 'disconnect'], true)) {
        return '';
    }
    if (function_exists('check_token')) {
        check_token('WHMCS.default');
    }
    if ($action === 'pair') {
        return $gateway->pairingCode($apiKey, trim((string) ($_POST['phoneNumber'] ?? '')));
    }
    if ($action !== 'qr') {
        $gateway->change($action, $apiKey);
    }
    return '';
}
