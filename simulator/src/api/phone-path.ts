import { Type } from '@sinclair/typebox';
import type { Static } from '@sinclair/typebox';

/** The `:phone` in a path. */
export const PhonePath = Type.Object({ phone: Type.String() });
export type PhonePath = Static<typeof PhonePath>;
