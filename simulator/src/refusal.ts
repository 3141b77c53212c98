/** Why something asked of the world cannot be done; the API turns it into a status. */
export type RefusalKind = 'invalid' | 'unknown' | 'conflict';

export class Refusal extends Error {
  override name = 'Refusal';
  readonly kind: RefusalKind;
  /** A stable name for programs, such as `unknown_qr`. */
  readonly code: string;

  /** `message`: a whole sentence for people. */
  constructor(kind: RefusalKind, code: string, message: string) {
    super(message);
    this.kind = kind;
    this.code = code;
  }
}
