import type { References } from '../reference.ts';

/** For load balancers and monitoring. */
export const HEALTH: References = {
  '/health/live': {
    section: 'Health',
    title: 'health/live',
    summary: 'Answers while the process runs.',
    access: 'nobody',
    example: { method: 'GET', answer: { status: 'live' } },
  },
  '/health/ready': {
    section: 'Health',
    title: 'health/ready',
    summary: 'Answers 200 when requests can be served, else 503 with the reason.',
    access: 'nobody',
    example: { method: 'GET', answer: { status: 'ready' } },
  },
  '/metrics': {
    section: 'Health',
    title: 'metrics',
    summary: 'Prometheus text, for the operator or for this machine alone.',
    access: 'adminToken',
    errors: ['invalid_admin_token'],
    example: {
      method: 'GET',
      answer: 'tickwire_sessions{state="open"} 3',
      answerType: 'text/plain',
    },
  },
};
