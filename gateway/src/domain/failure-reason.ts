/** Why messages fail, as stable codes with a sentence for a human each. */
const FAILURE_REASONS: Readonly<Record<string, string>> = {
  not_on_whatsapp: 'This number is not on WhatsApp.',
  not_in_group: 'The account is not a member of this group.',
  group_unanswered: 'WhatsApp did not tell who is in this group.',
  recipient_devices_unknown: 'WhatsApp did not tell on which devices the recipient is.',
  unknown_outcome:
    'It was handed to WhatsApp several times and never answered: whether it arrived is not known.',
  crashed_the_sender: 'It ended the process that sent it three times, and was set aside.',
  send_failed: 'It could not be handed to WhatsApp.',
  expired: 'It was not sent in time.',
  link_not_allowed: 'Its file is at an address from which files are not fetched.',
  link_unreachable: 'Its file could not be fetched from the link.',
  media_too_large: 'Its file has more than 100 MB.',
  media_type_not_allowed: 'Its link leads to a page, not to a file.',
  storage_full: 'There was no room for its file.',
};

/** @param code a failure's stable code; WhatsApp's own are numbers */
export function sentenceOfFailure(code: string): string {
  return FAILURE_REASONS[code] ?? `WhatsApp refused it (${code}).`;
}
