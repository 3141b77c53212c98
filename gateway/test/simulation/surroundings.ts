import type { WhatsAppId } from '../../src/domain/ids.ts';
import type { Lease } from '../../src/domain/lease.ts';
import type { Dice } from '../crash/dice.ts';
import type { Agenda } from './agenda.ts';
import type { ModelledDatabase } from './modelled-database.ts';
import type { ModelledWhatsApp } from './modelled-whatsapp.ts';

/** What goes wrong with the database. */
export interface DatabaseWeather {
  isDatabaseAway: boolean;
  losesRepliesPercent: number;
}

/** What is around a process. */
export interface Surroundings {
  readonly agenda: Agenda;
  readonly dice: Dice;
  readonly database: ModelledDatabase;
  readonly whatsApp: ModelledWhatsApp;
  readonly weather: DatabaseWeather;
  newWorkerId(): string;
  /** Whether a message kills whoever hands it over. */
  isPoisonous(id: WhatsAppId): boolean;
  /** A process logs in under this lease. */
  noteLogin(process: object, lease: Lease): void;
  /** A frame is about to leave under this lease. */
  noteFrame(lease: Lease, id: WhatsAppId): void;
}
