<?php

namespace Tickwire\Whmcs;

/** How a service stands, in the form that the templates and the admin tab show. */
final class Overview
{
    private const CONNECTED = 'Connected to WhatsApp';
    private const NOT_CONNECTED = 'Not connected to WhatsApp';
    private const CONNECTING = 'Connecting to WhatsApp';
    private const WAITING = 'Waiting for the QR code';

    /**
     * @param bool $isQrWanted somebody asked for a QR code; else one is shown only where linking goes on already
     * @return array{apiKey: string, state: string, status: string, number: string, receivesMessages: bool, webhook: string, qrPicture: string, message: string}
     *   `state` is `connected`, `closed` (linked, and closed by hand), `linking`, `suspended`, `gone` or `unknown`;
     *   `qrPicture` is a `data:` address or empty
     */
    public static function of(Gateway $gateway, string $apiKey, bool $isQrWanted): array
    {
        $overview = ['apiKey' => $apiKey, 'state' => 'unknown', 'status' => '', 'number' => '', 'receivesMessages' => false, 'webhook' => '', 'qrPicture' => '', 'message' => ''];
        try {
            $settings = $gateway->settings($apiKey);
        } catch (GatewayError $error) {
            return self::refused($overview, $error);
        }
        $status = (string) ($settings['connectionStatus'] ?? '');
        $number = (string) ($settings['whatsAppNumber'] ?? '');
        $overview = [
            'state' => self::stateOf($status, $number),
            'status' => $status,
            'number' => $number,
            'receivesMessages' => ($settings['whatsAppReceiveMessage'] ?? '') === 'Enable',
            'webhook' => (string) ($settings['webhook'] ?? ''),
        ] + $overview;
        $isFresh = $number === '' && in_array($status, [self::NOT_CONNECTED, self::CONNECTING], true);
        $isLinking = $isFresh || str_starts_with($status, self::WAITING);
        if ($overview['state'] !== 'connected' && ($isQrWanted || $isLinking)) {
            $overview = self::withQr($overview, $gateway, $apiKey);
        }
        return $overview;
    }

    private static function stateOf(string $status, string $number): string
    {
        return match (true) {
            $status === self::CONNECTED => 'connected',
            $status === self::NOT_CONNECTED && $number !== '' => 'closed',
            default => 'linking',
        };
    }

    private static function withQr(array $overview, Gateway $gateway, string $apiKey): array
    {
        try {
            $picture = $gateway->qrPicture($apiKey);
        } catch (GatewayError $error) {
            return ['message' => $error->getMessage()] + $overview;
        }
        if ($picture === '') {
            return $overview;
        }
        return ['state' => 'linking', 'qrPicture' => 'data:image/svg+xml;base64,' . base64_encode($picture)] + $overview;
    }

    private static function refused(array $overview, GatewayError $error): array
    {
        $state = match ($error->reason) {
            'service_suspended' => 'suspended',
            'invalid_api_key' => 'gone',
            default => throw $error,
        };
        $status = $state === 'suspended' ? 'Suspended: nothing is sent or received' : 'This service does not exist any more';
        return ['state' => $state, 'status' => $status] + $overview;
    }
}
