<?php

namespace Tickwire\Whmcs;

/**
 * The gateway's documented partner calls, as one agent makes them.
 *
 * Everything is sent as a POST form, so that no key stands in an address that proxies write down.
 */
final class Gateway
{
    private const CONNECT_SECONDS_MAX = 10;
    /** A QR code may take some seconds to come. */
    private const ANSWER_SECONDS_MAX = 40;

    private function __construct(private readonly string $url, private readonly string $agentKey)
    {
    }

    /**
     * @param array $params WHMCS's module parameters: the server entry's fields
     * @throws GatewayError `setup` when the server entry lacks something
     */
    public static function fromParams(array $params): self
    {
        $host = trim((string) (($params['serverhostname'] ?? '') ?: ($params['serverip'] ?? '')));
        $host = preg_replace('#^https?://|/+$#i', '', $host);
        if ($host === '') {
            throw new GatewayError('The server entry has no hostname: enter the address of the Tickwire gateway.', 'setup');
        }
        $agentKey = trim((string) ($params['serveraccesshash'] ?? '')) ?: trim((string) ($params['serverpassword'] ?? ''));
        if (preg_match('/^[a-z0-9]{7}(-[a-z0-9]{7}){4}$/', $agentKey) !== 1) {
            throw new GatewayError('The server entry has no agent key: enter it as "Access Hash" or "Password". It has five groups of seven letters and digits.', 'setup');
        }
        $isSecure = in_array(strtolower((string) ($params['serversecure'] ?? '')), ['on', '1', 'true'], true);
        $port = (int) ($params['serverport'] ?? 0);
        $hasPort = preg_match('/:\d+$/', $host) === 1;
        $url = ($isSecure ? 'https://' : 'http://') . $host . ($port > 0 && !$hasPort ? ":$port" : '');
        return new self($url, $agentKey);
    }

    /** The agent's credit, such as `145.00`. */
    public function credit(): string
    {
        return (string) ($this->asAgent('getWalletBalance')['credit'] ?? '');
    }

    /**
     * Buys a service.
     * @param string $once the same name buys one service only, and answers its key again
     * @return string the service's API key
     */
    public function create(int $planId, int $months, string $once): string
    {
        $answer = $this->asAgent('create', ['planId' => $planId, 'cycle' => $months, 'idempotencyKey' => $once]);
        $apiKey = $answer['apiKey'] ?? '';
        if (!is_string($apiKey) || !Service::isKey($apiKey)) {
            throw new GatewayError('The gateway did not answer with an API key.', 'not_tickwire');
        }
        return $apiKey;
    }

    /** Buys months for a service, once under a name. */
    public function renew(string $apiKey, int $months, string $once): void
    {
        $this->asAgent('renew', ['apiKey' => $apiKey, 'cycle' => $months, 'idempotencyKey' => $once]);
    }

    /** @param 'suspend'|'unsuspend'|'remove'|'connect'|'disconnect' $verb */
    public function change(string $verb, string $apiKey): void
    {
        $this->asAgent($verb, ['apiKey' => $apiKey]);
    }

    /** What the agent's list says of one service, or null when it is not in it. */
    public function find(string $apiKey): ?array
    {
        foreach ($this->asAgent('showAllService')['services'] ?? [] as $service) {
            if (($service['apiKey'] ?? '') === $apiKey) {
                return $service;
            }
        }
        return null;
    }

    /** The service's own settings: connection, number, level. */
    public function settings(string $apiKey): array
    {
        return $this->ask("serviceSettings/$apiKey");
    }

    /** What to scan now, as an SVG picture; empty when there is nothing to scan. */
    public function qrPicture(string $apiKey): string
    {
        try {
            return $this->send('module/qrCode', ['apiKey' => $apiKey, 'format' => 'svg'], 'image/svg+xml');
        } catch (GatewayError $error) {
            if ($error->reason === 'wrong_state') {
                return '';
            }
            throw $error;
        }
    }

    /** A code to type into the phone with this number, such as `D2Z8-9ZRY`. */
    public function pairingCode(string $apiKey, string $phoneNumber): string
    {
        return (string) ($this->ask('module/loginWithCode', ['apiKey' => $apiKey, 'phoneNumber' => $phoneNumber])['pairCode'] ?? '');
    }

    /** The keys that must not be readable in a log. */
    public function secrets(): array
    {
        return [$this->agentKey];
    }

    private function asAgent(string $call, array $parameters = []): array
    {
        return $this->ask("module/$call", ['agentKey' => $this->agentKey] + $parameters);
    }

    private function ask(string $path, array $parameters = []): array
    {
        return json_decode($this->send($path, $parameters, 'application/json'), true);
    }

    /** @throws GatewayError */
    private function send(string $path, array $parameters, string $expectedType): string
    {
        $curl = curl_init("$this->url/$path");
        curl_setopt_array($curl, [
            CURLOPT_POST => true,
            CURLOPT_POSTFIELDS => http_build_query($parameters),
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_FOLLOWLOCATION => false,
            CURLOPT_PROTOCOLS => CURLPROTO_HTTP | CURLPROTO_HTTPS,
            CURLOPT_CONNECTTIMEOUT => self::CONNECT_SECONDS_MAX,
            CURLOPT_TIMEOUT => self::ANSWER_SECONDS_MAX,
            CURLOPT_USERAGENT => 'Tickwire-WHMCS',
        ]);
        $body = curl_exec($curl);
        if ($body === false) {
            throw new GatewayError("The gateway at $this->url could not be reached: " . curl_error($curl) . '.', 'unreachable');
        }
        $status = (int) curl_getinfo($curl, CURLINFO_RESPONSE_CODE);
        $type = strtolower(explode(';', (string) curl_getinfo($curl, CURLINFO_CONTENT_TYPE))[0]);
        if ($status === 200 && $type === $expectedType && ($type !== 'application/json' || is_array(json_decode($body, true)))) {
            return $body;
        }
        $answer = json_decode($body, true);
        if (is_array($answer) && is_string($answer['code'] ?? null)) {
            throw new GatewayError((string) ($answer['message'] ?? 'The gateway refused.'), $answer['code']);
        }
        throw new GatewayError("What answered at $this->url is not a Tickwire gateway, or it has trouble (HTTP $status).", 'not_tickwire');
    }
}
