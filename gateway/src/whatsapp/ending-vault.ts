import type { ServiceId } from '../domain/ids.ts';
import type { KeyVault } from './key-vault.ts';

/**
 * The vault as one connection sees it. When WhatsApp says that the device is gone, its keys are
 * deleted; what Baileys still had in hand must not bring some of them back.
 */
export class EndingVault implements KeyVault {
  readonly #vault: KeyVault;
  #isOver = false;

  constructor(vault: KeyVault) {
    this.#vault = vault;
  }

  /** From now on nothing is kept any more. */
  end(): void {
    this.#isOver = true;
  }

  load(serviceId: ServiceId, type: string, names: readonly string[]) {
    return this.#vault.load(serviceId, type, names);
  }

  list(serviceId: ServiceId, type: string) {
    return this.#vault.list(serviceId, type);
  }

  stage(serviceId: ServiceId, type: string, name: string, value: unknown): void {
    if (!this.#isOver) this.#vault.stage(serviceId, type, name, value);
  }

  durable(serviceId: ServiceId) {
    return this.#vault.durable(serviceId);
  }

  forget(serviceId: ServiceId) {
    return this.#vault.forget(serviceId);
  }
}
