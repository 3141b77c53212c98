import type { proto } from '../baileys.ts';
import { joinLines, type ContentReader } from './received-content.ts';

/** The poll a message asks, or null. */
export function pollOf(content: proto.IMessage): proto.Message.IPollCreationMessage | null {
  return (
    content.pollCreationMessage ??
    content.pollCreationMessageV2 ??
    content.pollCreationMessageV3 ??
    content.pollCreationMessageV5 ??
    null
  );
}

/**
 * Polls: the question and a line for each option. What a vote says is read in `poll-votes.ts`: it
 * is encrypted once more.
 */
export const readPoll: ContentReader = (content) => {
  const poll = pollOf(content);
  if (poll) {
    const options = (poll.options ?? []).map(({ optionName }) => `- ${optionName ?? ''}`);
    return { type: 'poll', text: joinLines(poll.name, ...options) };
  }
  const result = content.pollResultSnapshotMessage ?? content.pollResultSnapshotMessageV3;
  if (result) {
    const votes = (result.pollVotes ?? []).map(
      ({ optionName, optionVoteCount }) => `- ${optionName ?? ''}: ${String(optionVoteCount ?? 0)}`,
    );
    return { type: 'poll', text: joinLines(result.name, ...votes) };
  }
  return content.pollUpdateMessage ? { type: 'poll_vote', text: '' } : null;
};
