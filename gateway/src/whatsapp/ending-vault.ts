import type { KeyVault } from './key-vault.ts';

/** The vault as one connection sees it, until its device is gone. */
export interface EndingVault extends KeyVault {
  /** From now on nothing is kept any more. */
  end(): void;
}

/**
 * When WhatsApp says that the device is gone, its keys are deleted; what Baileys still had in hand
 * must not bring some of them back.
 */
export function createEndingVault(vault: KeyVault): EndingVault {
  let isOver = false;
  return {
    load: (...order) => vault.load(...order),
    list: (...order) => vault.list(...order),
    stage(...order) {
      if (!isOver) vault.stage(...order);
    },
    durable: (lease) => vault.durable(lease),
    forget: (lease) => vault.forget(lease),
    release: (lease) => vault.release(lease),
    drop(lease) {
      vault.drop(lease);
    },
    end() {
      isOver = true;
    },
  };
}
