import { Type, type Static } from '@sinclair/typebox';

/** What `connect`, `disconnect` and their kin answer. */
export const Done = Type.Object({
  status: Type.Literal('true'),
  message: Type.String({ examples: ['The service was connect successfully'] }),
  apiKey: Type.String(),
});

/** @param verb the method's name, put into the documented sentence as it is */
export function done(verb: string, apiKey: string): Static<typeof Done> {
  return { status: 'true', message: `The service was ${verb} successfully`, apiKey };
}
