import type { FastifyInstance } from 'fastify';

const HELLO = {
  name: 'Tickwire',
  what: 'A self-hosted WhatsApp HTTP gateway. Not affiliated with WhatsApp.',
  reference: '/docs',
  send: '/sendMsg/APIKEY?phonenumber=447400000001&message=Hello',
  status: '/getStatus/APIKEY?id=1',
  settings: '/serviceSettings/APIKEY',
  partners: '/module/create?agentKey=AGENTKEY&planId=2&cycle=1',
  operator: '/admin/services',
  simulator: '/simulator/stats',
  health: '/health/ready',
  metrics: '/metrics',
};

/** `/`: what this is and where things are. */
export function addHello(app: FastifyInstance): void {
  const config = { needsNoDatabase: true } as const;
  app.route({ method: 'GET', url: '/', config, handler: () => HELLO });
}
