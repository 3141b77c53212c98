import { Type } from '@sinclair/typebox';
import type { References } from '../reference.ts';

/** How a service behaves. */
export const SETTINGS: References = {
  '/serviceSettings/:apiKey': {
    section: 'Settings',
    title: 'serviceSettings',
    summary: 'Shows the settings, after changing those that are given.',
    text: 'With `receiveMessage` off, incoming messages are neither stored nor sent to the webhook; delivery states go on.',
    oddities: [
      'The field is `countrycode`, the parameter `countryCode`.',
      'Until a country code was set, `countrycode` is that of the linked number and the sentence in `statusCountryCode` has a gap.',
      '`level` is a text: `"1"` Basic, `"2"` Pro, `"3"` Premium.',
      'GET changes, too.',
    ],
    access: 'apiKey',
    parameters: Type.Object({
      countryCode: Type.Optional(
        Type.String({
          description: 'What replaces the leading `0` of a number.',
          examples: ['44'],
        }),
      ),
      receiveMessage: Type.Optional(
        Type.String({
          description: 'Whether incoming messages are kept.',
          enum: ['on', 'true', '1', 'off', 'false', '0'],
        }),
      ),
    }),
    errors: ['invalid_api_key', 'service_suspended', 'invalid_parameter', 'refused_by_policy'],
    example: {
      method: 'GET',
      parameters: { countryCode: '44' },
      answer: {
        status: 'true',
        connectionStatus: 'Connected to WhatsApp',
        whatsAppNumber: '11234567890',
        countrycode: '44',
        statusCountryCode:
          'When sending a message, if the phone number starts with zero, the 44 will replace zero',
        whatsAppReceiveMessage: 'Disable',
        webhook: '',
        level: '3',
      },
    },
  },
};
