/** An address that the gateway may not connect to; the message says why. */
export class OutgoingRefusal extends Error {
  override readonly name = 'OutgoingRefusal';
}
