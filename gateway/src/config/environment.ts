/** The environment as it is, one line a variable. Nothing else reads `process.env`. */
export interface Environment {
  readonly PORT: string | undefined;
  readonly HOST: string | undefined;
  readonly DATABASE_URL: string | undefined;
  readonly TICKWIRE_DATA_DIR: string | undefined;
  readonly TICKWIRE_ADMIN_TOKEN: string | undefined;
  readonly TICKWIRE_MASTER_KEY: string | undefined;
  readonly TICKWIRE_TEST_MODE: string | undefined;
  readonly TICKWIRE_SIMULATOR_URL: string | undefined;
  readonly TICKWIRE_WHATSAPP_URL: string | undefined;
  readonly TICKWIRE_ROLE: string | undefined;
  readonly TICKWIRE_ALLOW_PRIVATE_URLS: string | undefined;
  readonly TICKWIRE_PACING: string | undefined;
  readonly TICKWIRE_CATALOGUE: string | undefined;
  readonly TICKWIRE_PUBLIC_URL: string | undefined;
  readonly TICKWIRE_MEDIA_DAYS: string | undefined;
  readonly TICKWIRE_MEDIA_BYTES_MAX: string | undefined;
  readonly TICKWIRE_CRASH_AT: string | undefined;
  readonly TICKWIRE_LEASE_SECONDS: string | undefined;
  readonly LOG_LEVEL: string | undefined;
}

/** Reads the environment once; an empty variable counts as unset. */
export function readEnvironment(): Environment {
  const read = (name: keyof Environment): string | undefined => process.env[name] || undefined;
  return {
    PORT: read('PORT'),
    HOST: read('HOST'),
    DATABASE_URL: read('DATABASE_URL'),
    TICKWIRE_DATA_DIR: read('TICKWIRE_DATA_DIR'),
    TICKWIRE_ADMIN_TOKEN: read('TICKWIRE_ADMIN_TOKEN'),
    TICKWIRE_MASTER_KEY: read('TICKWIRE_MASTER_KEY'),
    TICKWIRE_TEST_MODE: read('TICKWIRE_TEST_MODE'),
    TICKWIRE_SIMULATOR_URL: read('TICKWIRE_SIMULATOR_URL'),
    TICKWIRE_WHATSAPP_URL: read('TICKWIRE_WHATSAPP_URL'),
    TICKWIRE_ROLE: read('TICKWIRE_ROLE'),
    TICKWIRE_ALLOW_PRIVATE_URLS: read('TICKWIRE_ALLOW_PRIVATE_URLS'),
    TICKWIRE_PACING: read('TICKWIRE_PACING'),
    TICKWIRE_CATALOGUE: read('TICKWIRE_CATALOGUE'),
    TICKWIRE_PUBLIC_URL: read('TICKWIRE_PUBLIC_URL'),
    TICKWIRE_MEDIA_DAYS: read('TICKWIRE_MEDIA_DAYS'),
    TICKWIRE_MEDIA_BYTES_MAX: read('TICKWIRE_MEDIA_BYTES_MAX'),
    TICKWIRE_CRASH_AT: read('TICKWIRE_CRASH_AT'),
    TICKWIRE_LEASE_SECONDS: read('TICKWIRE_LEASE_SECONDS'),
    LOG_LEVEL: read('LOG_LEVEL'),
  };
}
