import { createHash } from 'node:crypto';
import type { Lease } from '../../domain/lease.ts';
import { decryptPollVote, type proto, type WAMessage } from '../baileys.ts';
import { parseJid } from '../jid.ts';
import type { KeyVault } from '../key-vault.ts';
import { pollOf } from './poll-content.ts';
import { unwrap } from './unwrap.ts';

/** What is kept of a poll, so that its votes can be read. */
interface KnownPoll {
  /** 32 bytes, Base64. */
  readonly secret: string;
  readonly options: readonly string[];
  /** Under which names its creator may have signed it. */
  readonly creators: readonly string[];
}

const POLL = 'poll';

/**
 * Votes are encrypted with a secret that only the poll's own message tells. So polls are kept when
 * they pass by, also those of the account's own phone; their votes come under their id.
 */
export class PollVotes {
  readonly #vault: KeyVault;
  readonly #lease: Lease;

  constructor(vault: KeyVault, lease: Lease) {
    this.#vault = vault;
    this.#lease = lease;
  }

  /**
   * Keeps a message if it is a poll.
   * @param own the account's own addresses
   */
  note({ key, message }: WAMessage, own: readonly (string | undefined)[]): void {
    if (message == null || key.id == null) return;
    const content = unwrap(message);
    const poll = pollOf(content);
    const secret =
      message.messageContextInfo?.messageSecret ?? content.messageContextInfo?.messageSecret;
    if (poll === null || secret == null) return;
    const known: KnownPoll = {
      secret: Buffer.from(secret).toString('base64'),
      options: (poll.options ?? []).map(({ optionName }) => optionName ?? ''),
      creators: namesOf(key.fromMe === true ? own : sendersOf(key)),
    };
    this.#vault.stage(this.#lease, POLL, key.id, known);
  }

  /**
   * Reads a vote: the options chosen, one a line.
   * @returns null when its poll is not known; empty when a vote was taken back
   */
  async read({ key, message }: WAMessage): Promise<string | null> {
    const update = message == null ? null : unwrap(message).pollUpdateMessage;
    const pollId = update?.pollCreationMessageKey?.id;
    const { encPayload, encIv } = update?.vote ?? {};
    if (pollId == null || encPayload == null || encIv == null) return null;
    const found = await this.#vault.load(this.#lease, POLL, [pollId]);
    const poll = found.get(pollId) as KnownPoll | undefined;
    if (poll === undefined) return null;
    for (const pollCreatorJid of poll.creators) {
      for (const voterJid of namesOf(sendersOf(key))) {
        const vote = open({ encPayload, encIv }, poll, pollId, pollCreatorJid, voterJid);
        if (vote !== null) return describe(vote, poll.options);
      }
    }
    return null;
  }
}

/** @returns null when these are not the names under which the vote was encrypted */
function open(
  vote: { encPayload: Uint8Array; encIv: Uint8Array },
  { secret }: KnownPoll,
  pollMsgId: string,
  pollCreatorJid: string,
  voterJid: string,
): proto.Message.IPollVoteMessage | null {
  try {
    const pollEncKey = Buffer.from(secret, 'base64');
    return decryptPollVote(vote, { pollCreatorJid, pollMsgId, pollEncKey, voterJid });
  } catch {
    return null;
  }
}

/** A vote names options by their SHA-256. */
function describe(vote: proto.Message.IPollVoteMessage, options: readonly string[]): string {
  const chosen = new Set(
    (vote.selectedOptions ?? []).map((digest) => Buffer.from(digest).toString('hex')),
  );
  return options
    .filter((option) => chosen.has(createHash('sha256').update(option).digest('hex')))
    .join('\n');
}

function sendersOf(key: WAMessage['key']): (string | null | undefined)[] {
  return [key.participant ?? key.remoteJid, key.participantAlt ?? key.remoteJidAlt];
}

/** Addresses without devices. */
function namesOf(jids: readonly (string | null | undefined)[]): string[] {
  return jids.flatMap((jid) => {
    const named = parseJid(jid);
    if (named.kind === 'lid') return [`${named.digits}@lid`];
    return named.kind === 'phone' ? [`${named.digits}@s.whatsapp.net`] : [];
  });
}
