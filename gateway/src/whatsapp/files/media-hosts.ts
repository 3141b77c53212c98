import { Agent } from 'node:https';

/** Where one WhatsApp keeps files, and whom to trust there. */
export interface MediaHosts {
  /** PEM to trust instead of the system's roots, or null. */
  readonly certificate: string | null;
  /** `HOST` or `HOST:PORT` for files whose message names no host that is allowed. */
  readonly defaultHost: string;
  /** Whether files may be exchanged with this `HOST` or `HOST:PORT`. */
  allows(host: string): boolean;
}

/** WhatsApp's own hosts, on the port of HTTPS, under the system's roots. */
export const WHATSAPP_MEDIA_HOSTS: MediaHosts = {
  certificate: null,
  defaultHost: 'mmg.whatsapp.net',
  allows: (host) => /^(?:[a-z0-9-]+\.)+(?:whatsapp|fbcdn)\.net$/.test(host),
};

/**
 * One host alone, under its own certificate.
 * @param url `https://HOST:PORT`
 * @param certificate PEM
 */
export function onlyMediaHost(url: string, certificate: string): MediaHosts {
  const { host } = new URL(url);
  return { certificate, defaultHost: host, allows: (asked) => asked === host };
}

/**
 * An agent that opens connections to these hosts only, whatever a message, a server or a redirect
 * says.
 */
export function createMediaAgent(hosts: MediaHosts): Agent {
  return new GuardedAgent(hosts);
}

class GuardedAgent extends Agent {
  readonly #hosts: MediaHosts;

  constructor(hosts: MediaHosts) {
    super(hosts.certificate === null ? {} : { ca: hosts.certificate });
    this.#hosts = hosts;
  }

  override createConnection(
    ...[options, onReady]: Parameters<Agent['createConnection']>
  ): ReturnType<Agent['createConnection']> {
    const port = Number('port' in options ? options.port : 443);
    const name = ('host' in options ? options.host : null) ?? '';
    const host = port === 443 ? name : `${name}:${port}`;
    if (!this.#hosts.allows(host)) throw new MediaHostRefused(host);
    return super.createConnection(options, onReady);
  }
}

/** A file is said to be at a host that is none of WhatsApp's. */
class MediaHostRefused extends Error {
  override readonly name = 'MediaHostRefused';

  constructor(host: string) {
    super(`no files are exchanged with ${host}`);
  }
}
