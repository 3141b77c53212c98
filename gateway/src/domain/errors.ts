/**
 * Every error a caller can meet: a stable code, the HTTP status and a sentence for a human.
 * The sentence may be replaced by a more exact one where the place knows more.
 */
export const ERRORS = {
  missing_parameter: [400, 'A required parameter is missing.'],
  invalid_parameter: [400, 'A parameter has a value that can not be used.'],
  invalid_phone_number: [400, 'This is not a possible phone number.'],
  invalid_group_id: [400, 'This is not the id of a group.'],
  empty_message: [400, 'A message needs a text or a file.'],
  message_too_long: [400, 'The text is longer than 65,536 bytes.'],
  invalid_schedule: [400, 'The schedule must be a Unix time at most a year ahead.'],
  invalid_expiry: [400, 'The expiry must be a time after the message is to be sent.'],
  metadata_too_long: [400, 'The metadata is longer than 1,024 bytes.'],
  too_many_recipients: [400, 'One call takes at most 1,000 recipients.'],
  malformed_body: [400, 'The body of the request could not be read.'],
  malformed_url: [400, 'The address of the request could not be read.'],
  malformed_request: [400, 'This is not a request that HTTP allows.'],
  invalid_api_key: [401, 'This API key is not known.'],
  invalid_agent_key: [401, 'This agent key is not known.'],
  invalid_admin_token: [401, 'The admin token is missing or wrong.'],
  insufficient_credit: [402, 'The credit in the wallet is not enough.'],
  service_suspended: [403, 'This service is suspended.'],
  subscription_ended: [403, 'The subscription of this agent has ended.'],
  refused_by_policy: [
    403,
    'This request was made by a browser or a preview by itself and was not acted on.',
  ],
  invalid_media_link: [403, 'This link was not made here, or has expired.'],
  not_in_plan: [403, 'The plan of this service does not include this.'],
  test_mode_off: [404, 'Test mode is off: there is no simulator here.'],
  message_not_found: [404, 'There is no message with this id.'],
  service_not_found: [404, 'There is no such service.'],
  agent_not_found: [404, 'There is no such agent.'],
  transaction_not_found: [404, 'There is no such transaction of this agent.'],
  route_not_found: [404, 'There is nothing at this address.'],
  method_not_allowed: [405, 'This address does not take this method.'],
  service_expired: [409, 'The time of this service is over; renew it first.'],
  wrong_state: [409, 'The service is not in a state in which this can be done.'],
  message_not_waiting: [409, 'The message does not wait any more.'],
  message_not_failed: [409, 'Only a message that failed or expired can be sent again.'],
  idempotency_conflict: [409, 'This idempotency key was used with other parameters.'],
  media_removed: [410, 'This file is not kept any more.'],
  body_too_large: [413, 'The request is larger than this address takes.'],
  media_too_large: [413, 'A file has at most 100 MB.'],
  unsupported_content_type: [
    415,
    'Send multipart/form-data, application/x-www-form-urlencoded or application/json.',
  ],
  link_not_allowed: [422, 'Files are fetched from public http and https addresses only.'],
  media_not_supported: [422, 'This address takes no files.'],
  too_many_requests: [429, 'Too many requests; try again later.'],
  internal_error: [500, 'Something went wrong on this side.'],
  not_connected: [503, 'The WhatsApp account of this service is not connected.'],
  storage_full: [503, 'There is no room for files here at the moment; texts still go.'],
  not_ready: [503, 'The gateway is not ready; try again in a moment.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** An expected refusal: it ends at the edge as the documented error answer. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ErrorCode;
  readonly status: number;
  /** When to ask again, where that is known better than by the code. */
  readonly retryAfterSeconds: number | null;

  /**
   * @param code the stable code the caller sees
   * @param sentence a more exact sentence than the list's
   */
  constructor(code: ErrorCode, sentence?: string, retryAfterSeconds: number | null = null) {
    super(sentence ?? ERRORS[code][1]);
    this.code = code;
    this.status = ERRORS[code][0];
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Anything thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
