import { joinLines, type ContentReader } from './received-content.ts';

/**
 * Polls: the question and a line for each option. A vote is encrypted for those who kept the poll,
 * so it only says that somebody voted.
 */
export const readPoll: ContentReader = (content) => {
  const poll =
    content.pollCreationMessage ??
    content.pollCreationMessageV2 ??
    content.pollCreationMessageV3 ??
    content.pollCreationMessageV5;
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
