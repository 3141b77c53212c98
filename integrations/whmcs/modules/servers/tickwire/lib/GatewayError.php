<?php

namespace Tickwire\Whmcs;

/** Something the gateway refused, or the way to it; the message is a sentence for the shop's staff. */
final class GatewayError extends \RuntimeException
{
    /** @param string $reason the gateway's stable code, such as `insufficient_credit`; or `unreachable`, `not_tickwire`, `setup` */
    public function __construct(string $message, public readonly string $reason)
    {
        parent::__construct($message);
    }
}
