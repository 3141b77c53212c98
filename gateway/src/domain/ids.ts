/** Ids are distinct types, so that one kind is never taken for another. */
type Branded<Value, Name extends string> = Value & { readonly brand: Name };

/** A service: one customer's WhatsApp line. */
export type ServiceId = Branded<number, 'ServiceId'>;
/** A message as the API numbers it (`messageId`). */
export type MessageId = Branded<number, 'MessageId'>;
/** A file that is sent, or will be once it is fetched. */
export type MediaId = Branded<number, 'MediaId'>;
/** A reseller. */
export type AgentId = Branded<number, 'AgentId'>;
/** An agent among those who are told of events. */
type ListeningAgentId = Branded<number, 'ListeningAgentId'>;
/**
 * Whoever is told of events: a service under its own number, an agent under minus its own, so that
 * one table has them all.
 */
export type ListenerId = ServiceId | ListeningAgentId;
/** Something that happened to a service and is told to its listeners. */
export type EventId = Branded<number, 'EventId'>;
/** A message as WhatsApp names it; fixed when we accept it and used on every attempt. */
export type WhatsAppId = Branded<string, 'WhatsAppId'>;

export const serviceId = (value: number): ServiceId => value as ServiceId;
export const messageId = (value: number): MessageId => value as MessageId;
export const mediaId = (value: number): MediaId => value as MediaId;
export const agentId = (value: number): AgentId => value as AgentId;
export const listeningAgent = (id: AgentId): ListenerId => (0 - id) as ListeningAgentId;
export const eventId = (value: number): EventId => value as EventId;
export const whatsAppId = (value: string): WhatsAppId => value as WhatsAppId;

/**
 * A fresh WhatsApp id in the form WhatsApp Web uses: `3EB0` and 18 hexadecimal digits.
 * @param bytes a source of unpredictable bytes
 */
export function newWhatsAppId(bytes: (count: number) => Buffer): WhatsAppId {
  return whatsAppId(`3EB0${bytes(9).toString('hex').toUpperCase()}`);
}
