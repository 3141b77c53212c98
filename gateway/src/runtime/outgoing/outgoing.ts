import type { LookupAddress } from 'node:dns';
import { lookup as lookUpBySystem } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, buildConnector, type Dispatcher } from 'undici';
import { isPublicAddress } from './address-rule.ts';
import { OutgoingRefusal } from './outgoing-refusal.ts';

/** All addresses of a host name. */
export type Resolve = (hostname: string) => Promise<readonly string[]>;

export interface OutgoingRules {
  /** Lifts the rules on addresses and ports: tests and intranets. */
  readonly allowPrivate: boolean;
  /** How names become addresses; the system's way unless a test decides. */
  readonly resolve?: Resolve;
  /** How long making a connection may take; 10 seconds unless it is said. */
  readonly connectMsMax?: number;
}

/** The way out: the only connections to addresses that somebody else chose. */
export interface Outgoing {
  /**
   * Reads an address and refuses what its form alone forbids.
   * @throws OutgoingRefusal
   */
  readUrl(written: string): URL;
  /** Makes the connections, each checked; for undici's `request`. */
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
}

const CHARACTERS_MAX = 2048;
/** Where web servers listen. Other ports belong to mail, databases and the like. */
const PORTS = new Set(['', '80', '443', '8080', '8443']);
const CONNECT_MS_MAX = 10_000;
/** Control characters and the backslash mean different things to different readers of URLs. */
const AMBIGUOUS = /[\p{Cc}\\]/u;

/**
 * Opens the way out.
 *
 * An address is checked three times, since each check alone has a way around it: as it is written,
 * because a literal is never looked up; every answer of the name server, any of which may be the one
 * that is used; and the address the socket is connected to. Connections are made to the very
 * addresses that were checked, so a name that changes its mind in between changes nothing.
 */
export function openOutgoing(rules: OutgoingRules): Outgoing {
  const { allowPrivate, resolve = resolveBySystem, connectMsMax = CONNECT_MS_MAX } = rules;
  const isAllowed = (address: string): boolean => allowPrivate || isPublicAddress(address);

  const lookup: LookupFunction = (hostname, _options, callback) => {
    void answer(callback, async () => {
      const addresses = await resolve(hostname);
      if (addresses.length > 0 && addresses.every(isAllowed)) {
        return addresses.map((address) => ({ address, family: isIP(address) }));
      }
      throw new OutgoingRefusal('the name leads to an address that is not public');
    });
  };
  const connect = buildConnector({
    timeout: connectMsMax,
    allowH2: false,
    autoSelectFamily: true,
    lookup,
  });
  const dispatcher = new Agent({
    connect(options, callback) {
      const literal = withoutBrackets(options.hostname);
      if (isIP(literal) !== 0 && !isAllowed(literal)) {
        callback(new OutgoingRefusal('the address is not public'), null);
        return;
      }
      connect(options, (error, socket) => {
        if (error !== null) callback(error, null);
        else if (isAllowed(socket.remoteAddress ?? '')) callback(null, socket);
        else {
          socket.destroy();
          callback(new OutgoingRefusal('the connected address is not public'), null);
        }
      });
    },
  });
  return {
    readUrl: (written) => readUrl(written, allowPrivate),
    dispatcher,
    close: () => dispatcher.destroy(),
  };
}

type LookupCallback = Parameters<LookupFunction>[2];

async function answer(
  callback: LookupCallback,
  find: () => Promise<LookupAddress[]>,
): Promise<void> {
  let found: LookupAddress[];
  try {
    found = await find();
  } catch (error) {
    callback(error as NodeJS.ErrnoException, []);
    return;
  }
  callback(null, found);
}

function readUrl(written: string, allowPrivate: boolean): URL {
  const trimmed = written.trim();
  if (trimmed.length > CHARACTERS_MAX) throw new OutgoingRefusal('the address is too long');
  if (AMBIGUOUS.test(trimmed)) throw new OutgoingRefusal('the address holds a forbidden character');
  const url = /^https?:\/\//i.test(trimmed) ? URL.parse(trimmed) : null;
  if (url === null) throw new OutgoingRefusal('this is no http or https address');
  if (url.username !== '' || url.password !== '') {
    throw new OutgoingRefusal('the address holds a user name or a password');
  }
  if (allowPrivate) return url;
  if (!PORTS.has(url.port)) throw new OutgoingRefusal(`port ${url.port} is not one of web servers`);
  const host = withoutBrackets(url.hostname);
  if (/(^|\.)localhost\.?$/.test(host) || (isIP(host) !== 0 && !isPublicAddress(host))) {
    throw new OutgoingRefusal('the address is not public');
  }
  return url;
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

async function resolveBySystem(hostname: string): Promise<string[]> {
  const found = await lookUpBySystem(hostname, { all: true });
  return found.map(({ address }) => address);
}
