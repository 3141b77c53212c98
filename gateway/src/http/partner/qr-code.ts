import type { FastifyInstance, FastifyReply } from 'fastify';
import { Type, type Static } from '@sinclair/typebox';
import QRCode from 'qrcode';
import { Problem } from '../../domain/errors.ts';
import type { Edge } from '../edge.ts';
import { single } from '../parameters/parameters.ts';
import { readParameters } from '../parameters/read-parameters.ts';
import { usableServiceOf, type MaybeKeyInPath } from './partner-keys.ts';

/** White modules around the code that scanners need, and pixels a module. */
const PICTURE = { margin: 4, scale: 8 };

const QrCode = Type.Object({
  status: Type.Literal('true'),
  apiKey: Type.String(),
  qrCode: Type.String({ description: 'What the code holds; empty when connected already.' }),
  whatsAppStatus: Type.Union([Type.Literal('Not connected'), Type.Literal('Connected')]),
  message: Type.String(),
});

/**
 * `module/qrCode`: what to scan now, as text, or as a picture with `format=png` or `format=svg`.
 * Pages may show the picture in an `<img>`, so automatic requests are not refused here.
 */
export function addQrCode(app: FastifyInstance, edge: Edge): void {
  for (const url of ['/module/qrCode', '/module/qrCode/:apiKey']) {
    app.route<MaybeKeyInPath>({
      method: ['GET', 'POST'],
      url,
      config: { errorFamily: 'status' },
      schema: { response: { 200: QrCode } },
      async handler(request, reply) {
        const parameters = await readParameters(request);
        const { apiKey, service } = await usableServiceOf(edge, request, parameters);
        const format = single(parameters, 'format') ?? 'raw';
        if (!['raw', 'png', 'svg'].includes(format)) {
          throw new Problem('invalid_parameter', 'The format must be "raw", "png" or "svg".');
        }
        const qr = await edge.sessions.currentQr(service.id);
        return format === 'raw' ? describe(apiKey, qr) : await sendPicture(reply, format, qr);
      },
    });
  }
}

function describe(apiKey: string, qr: string | null): Static<typeof QrCode> {
  if (qr === null) {
    return {
      status: 'true',
      apiKey,
      qrCode: '',
      whatsAppStatus: 'Connected',
      message: 'The service is already connected to WhatsApp',
    };
  }
  return {
    status: 'true',
    apiKey,
    qrCode: qr,
    whatsAppStatus: 'Not connected',
    message: 'The qr code was generated',
  };
}

async function sendPicture(
  reply: FastifyReply,
  format: string,
  qr: string | null,
): Promise<FastifyReply> {
  if (qr === null) {
    throw new Problem('wrong_state', 'The service is already connected: there is no QR code.');
  }
  if (format === 'png') {
    return reply.type('image/png').send(await QRCode.toBuffer(qr, PICTURE));
  }
  return reply.type('image/svg+xml').send(await QRCode.toString(qr, { ...PICTURE, type: 'svg' }));
}
