import QRCode from 'qrcode';
import type { Answer } from './admin-api.ts';
import { neededOption, textOption, type Call, type Command } from './command.ts';
import { Failure } from './failure.ts';
import { pathOf } from './service-commands.ts';

const LOOK_EVERY_MS = 1500;
const TIMEOUT_SECONDS = '300';
/** Time does not help in these states. */
const HOPELESS = ['banned', 'temporarily_banned', 'outdated', 'untrusted', 'locked', 'conflict'];
/** The cursor goes home and what was drawn is wiped, so that the new code stands in its place. */
const CLEARED = '\u001b[H\u001b[2J';

/** `link KEY`: shows what to scan, each new code in the place of the last, until a phone is linked. */
export const LINK_COMMAND: Command = {
  name: 'link',
  takes: ['KEY'],
  options: {
    code: { type: 'string', value: 'NUMBER', help: 'a code to type into the phone of this number' },
    timeout: { type: 'string', value: 'SECONDS', help: `how long to wait; ${TIMEOUT_SECONDS}` },
  },
  help: 'shows the QR code until a phone is linked',
  async run(call) {
    const timeout = textOption(call, 'timeout') ?? TIMEOUT_SECONDS;
    if (!/^\d{1,6}$/.test(timeout)) {
      throw new Failure('misused', 'The --timeout must be a number of seconds.');
    }
    if (textOption(call, 'code') !== undefined) await showPairCode(call);
    await waitUntilLinked(call, Number(timeout) * 1000);
  },
};

async function showPairCode(call: Call): Promise<void> {
  const { api, given, terminal } = call;
  const { pairCode } = await api.post('/module/loginWithCode', {
    apiKey: given['KEY'],
    phoneNumber: neededOption(call, 'code'),
  });
  if (call.isJson) terminal.print(JSON.stringify({ pairCode }));
  else {
    terminal.print(
      `On the phone: Linked devices, Link with phone number instead: ${String(pairCode)}`,
    );
  }
}

async function waitUntilLinked(call: Call, timeoutMs: number): Promise<void> {
  const { api, given, terminal } = call;
  const isCode = textOption(call, 'code') !== undefined;
  const endsMs = terminal.nowMs() + timeoutMs;
  let shown = '';
  let said = '';
  for (;;) {
    const service = (await api.get(pathOf(given['KEY']))) as Answer;
    const { connection, connectionStatus } = service;
    if (connection === 'connected') {
      call.report(service, `Linked to +${String(service['number'])}.`);
      return;
    }
    if (HOPELESS.includes(String(connection))) {
      throw new Failure('refused', `${String(connectionStatus)}.`);
    }
    if (terminal.nowMs() >= endsMs) {
      throw new Failure('refused', `No phone was linked in time. ${String(connectionStatus)}.`);
    }
    if (!isCode && connection !== 'linking') shown = await showQr(call, shown);
    if (!call.isJson && said !== connectionStatus)
      terminal.complain(`${String(connectionStatus)}.`);
    said = String(connectionStatus);
    await terminal.wait(LOOK_EVERY_MS);
  }
}

/** @returns what is shown now */
async function showQr({ api, given, terminal, isJson }: Call, shown: string): Promise<string> {
  const { qrCode } = await api.post('/module/qrCode', { apiKey: given['KEY'] });
  const qr = String(qrCode);
  if (qr === '' || qr === shown) return shown;
  if (isJson) terminal.print(JSON.stringify({ qrCode: qr }));
  else {
    const type = terminal.isTerminal ? 'terminal' : 'utf8';
    const drawn = await QRCode.toString(qr, { type, small: true });
    const hint = 'On the phone: WhatsApp, Linked devices, Link a device. Ctrl-C ends this.';
    terminal.print(`${terminal.isTerminal ? CLEARED : ''}${drawn}\n${hint}`);
  }
  return qr;
}
