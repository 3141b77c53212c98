import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { networkInterfaces } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { request } from 'undici';
import { isPublicAddress } from './address-rule.ts';
import { OutgoingRefusal } from './outgoing-refusal.ts';
import { openOutgoing, type Outgoing, type Resolve } from './outgoing.ts';

/** Forms of address that lead inside, or may. */
const PRIVATE_HOSTS = [
  '127.0.0.1',
  '2130706433',
  '0x7f.1',
  '0177.0.0.1',
  '127.1',
  '0',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127.0.0.1.',
  '[::1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2001::1]',
  '[fd00::1]',
  '[fe80::1]',
  '[fe80::1%25eth0]',
  '[fec0::1]',
  '[ff02::1]',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '100.64.0.1',
  '169.254.169.254',
  '192.0.0.192',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '240.0.0.1',
  '255.255.255.255',
  'localhost',
  'LOCALHOST.',
  'db.localhost',
];

/** Forms of link that are none of ours to follow. */
const BAD_LINKS = [
  'file:///etc/passwd',
  'ftp://example.com/a.jpg',
  'gopher://example.com',
  'data:image/png;base64,QUJD',
  'blob:https://example.com/x',
  '//example.com/a.jpg',
  '/etc/passwd',
  '.',
  'http:example.com',
  'http://user:pass@example.com/',
  'http://user@example.com/',
  'http://example.com:22/',
  'http://example.com:25/',
  'http://example.com:5432/',
  'https://example.com:6379/',
  'http://example.com/a\r\nHost: internal',
  'http://example.com\\@127.0.0.1/',
  'http://exam\tple.com/',
  `http://${'a'.repeat(3000)}.com/`,
  'http://',
  '',
];

class CountingListener {
  connections = 0;
  readonly #server: Server = createServer((socket) => {
    this.connections += 1;
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
  });

  async open(): Promise<number> {
    await once(this.#server.listen(0, '::'), 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }
}

const listener = new CountingListener();
let port = 0;
before(async () => {
  port = await listener.open();
});
after(() => {
  listener.close();
});

/** Tries to connect whatever the form of the address says; @returns what stopped it. */
async function connectTo(outgoing: Outgoing, host: string): Promise<unknown> {
  try {
    const answer = await request(`http://${host}:${port}/`, { dispatcher: outgoing.dispatcher });
    await answer.body.dump();
    return null;
  } catch (error) {
    return error;
  } finally {
    await outgoing.close();
  }
}

const strict = (resolve?: Resolve): Outgoing =>
  openOutgoing({ allowPrivate: false, ...(resolve === undefined ? {} : { resolve }) });

describe('a link is refused by its form', () => {
  for (const host of PRIVATE_HOSTS) {
    test(host, () => {
      for (const link of [`http://${host}/`, `https://${host}:8443/a.jpg`]) {
        assert.throws(() => strict().readUrl(link), OutgoingRefusal, link);
      }
    });
  }
  for (const link of BAD_LINKS) {
    test(JSON.stringify(link.slice(0, 60)), () => {
      assert.throws(() => strict().readUrl(link), OutgoingRefusal);
    });
  }
});

describe('a connection is refused, too, and none is made', () => {
  for (const host of PRIVATE_HOSTS.filter((host) => URL.canParse(`http://${host}/`))) {
    test(host, async () => {
      const stopped = await connectTo(strict(), host);
      // Not every system knows every name of the loopback.
      const isUnknown = stopped instanceof Error && /ENOTFOUND/.test(stopped.message);
      assert.ok(stopped instanceof OutgoingRefusal || isUnknown, String(stopped));
      assert.equal(listener.connections, 0);
    });
  }

  test("this machine's own addresses", () => {
    const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
    assert.ok(own.length > 0);
    for (const { address } of own) assert.equal(isPublicAddress(address), false, address);
  });

  test('a name that leads inside', async () => {
    const answers = [['127.0.0.1'], ['8.8.8.8', '127.0.0.1'], ['::1', '2606:4700::1111'], []];
    for (const addresses of answers) {
      const stopped = await connectTo(
        strict(() => Promise.resolve(addresses)),
        'rebind.example',
      );
      assert.ok(stopped instanceof OutgoingRefusal, `${addresses.join()}: ${String(stopped)}`);
    }
    assert.equal(listener.connections, 0);
  });

  test('a name whose answer changes after it was checked', async () => {
    for (let attempt = 0; attempt < 1000; attempt += 1) {
      let asked = 0;
      const outgoing = strict(() => Promise.resolve([(asked += 1) > 1 ? '8.8.8.8' : '127.0.0.1']));
      outgoing.readUrl('http://rebind.example/');
      assert.ok((await connectTo(outgoing, 'rebind.example')) instanceof OutgoingRefusal);
    }
    assert.equal(listener.connections, 0);
  });
});

test('public addresses are allowed', () => {
  for (const link of ['https://example.com/a b.jpg', 'http://8.8.8.8:8080/', 'HTTPS://a.example']) {
    assert.equal(strict().readUrl(` ${link}\n`).href, new URL(link).href);
  }
  for (const address of ['8.8.8.8', '2606:4700:4700::1111']) assert.ok(isPublicAddress(address));
});

test('where private addresses are allowed the form still counts', async () => {
  const loose = openOutgoing({ allowPrivate: true });
  assert.equal(loose.readUrl('http://127.0.0.1:5000/').port, '5000');
  for (const link of ['file:///etc/passwd', 'http://user:pass@127.0.0.1/', 'http://a\\b/']) {
    assert.throws(() => loose.readUrl(link), OutgoingRefusal);
  }
  assert.equal(await connectTo(loose, '127.0.0.1'), null);
  assert.equal(listener.connections, 1);
});
