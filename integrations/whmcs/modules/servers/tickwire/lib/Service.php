<?php

namespace Tickwire\Whmcs;

/** One service as WHMCS describes it to a module: what was ordered, and what is kept of it. */
final class Service
{
    /** WHMCS keeps this property in the service's own field, and for addons in a custom field. */
    private const PROPERTY = 'Username';

    /** What a billing cycle of WHMCS is in months; the gateway sells no other. */
    private const MONTHS_OF_CYCLE = [
        'monthly' => 1,
        'quarterly' => 3,
        'semi-annually' => 6,
        'semiannually' => 6,
        'annually' => 12,
    ];

    public function __construct(private readonly array $params)
    {
    }

    public static function isKey(string $text): bool
    {
        return preg_match('/^[a-z0-9]{7}(-[a-z0-9]{7}){4}$/', $text) === 1;
    }

    /** The API key kept in WHMCS; empty before the service was created. */
    public function storedKey(): string
    {
        $username = (string) ($this->params['username'] ?? '');
        if (self::isKey($username)) {
            return $username;
        }
        $properties = $this->properties();
        $kept = $properties === null ? '' : (string) $properties->get(self::PROPERTY);
        return self::isKey($kept) ? $kept : '';
    }

    /** @throws GatewayError `setup` before the service was created */
    public function key(): string
    {
        $key = $this->storedKey();
        if ($key === '') {
            throw new GatewayError('This service has no API key yet: create it first.', 'setup');
        }
        return $key;
    }

    /** Keeps the API key in the service's username field, where admin area, client area and e-mails show it. */
    public function keepKey(string $apiKey): void
    {
        $properties = $this->properties();
        if ($properties !== null) {
            $properties->save([self::PROPERTY => $apiKey]);
        } elseif ($this->addonId() === 0 && class_exists('WHMCS\Database\Capsule')) {
            \WHMCS\Database\Capsule::table('tblhosting')->where('id', $this->id())->update(['username' => $apiKey]);
        } else {
            throw new GatewayError('The service was created, but WHMCS offers no place to keep its API key. Create it again: nothing is charged twice.', 'setup');
        }
    }

    /** 2, 3 or 4. @throws GatewayError `setup` */
    public function planId(): int
    {
        $written = trim((string) ($this->params['configoption1'] ?? ''));
        if (!in_array($written, ['2', '3', '4'], true)) {
            throw new GatewayError('The product has no plan: choose one on its "Module Settings" tab.', 'setup');
        }
        return (int) $written;
    }

    /** How many months a payment buys. @throws GatewayError `setup` */
    public function months(): int
    {
        $written = trim((string) ($this->params['configoption2'] ?? ''));
        if (in_array($written, ['1', '3', '6', '12'], true)) {
            return (int) $written;
        }
        $cycle = strtolower((string) $this->ofModel('billingCycle'));
        if (!isset(self::MONTHS_OF_CYCLE[$cycle])) {
            $shown = $cycle === '' ? 'unknown' : "\"$cycle\"";
            throw new GatewayError("The billing cycle is $shown; Tickwire sells 1, 3, 6 and 12 months. Bill monthly, quarterly, semi-annually or annually, or choose the months on the product's \"Module Settings\" tab.", 'setup');
        }
        return self::MONTHS_OF_CYCLE[$cycle];
    }

    /** The name under which this service is created once: another after the last one was removed. */
    public function creationName(): string
    {
        $last = $this->storedKey();
        return $this->name() . '-create' . ($last === '' ? '' : '-after-' . substr($last, 0, 7));
    }

    /** The name under which this payment is made once. WHMCS may call the module again for the same one. */
    public function renewalName(): string
    {
        return $this->name() . '-renew-' . $this->dueDate() . '-' . substr($this->storedKey(), 0, 7);
    }

    /** Whether WHMCS has the service paid beyond today. */
    public function isPaidAhead(): bool
    {
        return $this->dueDate() > date('Y-m-d');
    }

    private function id(): int
    {
        return (int) ($this->params['serviceid'] ?? 0);
    }

    /** The next due date that WHMCS has, else today: one renewal a day at the most. */
    private function dueDate(): string
    {
        $kept = $this->ofModel('nextDueDate');
        $written = $kept instanceof \DateTimeInterface ? $kept->format('Y-m-d') : substr((string) $kept, 0, 10);
        return preg_match('/^[1-9]\d{3}-\d\d-\d\d$/', $written) === 1 ? $written : date('Y-m-d');
    }

    /**
     * Tells services apart that one agent key pays for: also those of two shops, and those of a shop
     * that was installed anew and counts from 1 again. A client's uuid is of one installation.
     */
    private function name(): string
    {
        $client = (string) ($this->params['clientsdetails']['uuid'] ?? $this->params['userid'] ?? '');
        $addon = $this->addonId();
        return 'whmcs-' . substr(hash('sha256', $client), 0, 12) . '-' . $this->id() . ($addon > 0 ? "-addon-$addon" : '');
    }

    /** A field of WHMCS's model of the service, or of its row where there is no model. */
    private function ofModel(string $field): mixed
    {
        $model = $this->params['model'] ?? null;
        foreach ([$field, strtolower($field)] as $name) {
            if (is_object($model) && isset($model->$name)) {
                return $model->$name;
            }
        }
        if (!class_exists('WHMCS\Database\Capsule')) {
            return null;
        }
        $addon = $this->addonId();
        $rows = \WHMCS\Database\Capsule::table($addon > 0 ? 'tblhostingaddons' : 'tblhosting');
        return $rows->where('id', $addon ?: $this->id())->value(strtolower($field));
    }

    /** Not 0 where the product was sold as an addon of another. */
    private function addonId(): int
    {
        return (int) ($this->params['addonId'] ?? 0);
    }

    private function properties(): ?object
    {
        $model = $this->params['model'] ?? null;
        $properties = is_object($model) && isset($model->serviceProperties) ? $model->serviceProperties : null;
        return is_object($properties) ? $properties : null;
    }
}
