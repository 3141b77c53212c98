import type { FastifyInstance } from 'fastify';
import type { Edge } from './edge.ts';
import { addHello } from './health/hello.ts';
import { addLive } from './health/live.ts';
import { addMetrics } from './health/metrics.ts';
import { addReady } from './health/ready.ts';
import { addAgents } from './operator/agents.ts';
import { addCreateService } from './operator/create-service.ts';
import { addCredit } from './operator/credit.ts';
import { addExpireService } from './operator/expire-service.ts';
import { addOperatedAgentWebhook } from './operator/agent-webhook.ts';
import { addAgentStatement } from './operator/agent-statement.ts';
import { addSubscribe } from './operator/subscribe.ts';
import { addOperatedAgentKey } from './operator/rotate-agent-key.ts';
import { addOperatedServiceKey } from './operator/rotate-service-key.ts';
import { addRestoreService } from './operator/restore-service.ts';
import { addReverse } from './operator/reverse.ts';
import { addImportServices } from './operator/import-services.ts';
import { addHandleService } from './operator/handle-service.ts';
import { addListAgents } from './operator/list-agents.ts';
import { addRenewService } from './operator/renew-service.ts';
import { addSetPacing } from './operator/set-pacing.ts';
import { addShowPacing } from './operator/show-pacing.ts';
import { addShowService } from './operator/show-service.ts';
import { addListServices } from './operator/list-services.ts';
import { addGetReceivedFile } from './media/get-received-file.ts';
import { addConnect } from './partner/connect.ts';
import { addCreate } from './partner/create.ts';
import { addDisconnect } from './partner/disconnect.ts';
import { addAgentWebhook } from './partner/agent-webhook.ts';
import { addHandleServices } from './partner/handle-services.ts';
import { addGetWalletBalance } from './partner/get-wallet-balance.ts';
import { addLoginWithCode } from './partner/login-with-code.ts';
import { addQrCode } from './partner/qr-code.ts';
import { addRenew } from './partner/renew.ts';
import { addShowAllService } from './partner/show-all-service.ts';
import { addRotateKey } from './partner/rotate-key.ts';
import { addRotateAgentKey } from './partner/rotate-agent-key.ts';
import { addStatement } from './partner/statement.ts';
import { describeRoutes, noteRoutes } from './reference/described-routes.ts';
import { addDocs } from './reference/docs.ts';
import { addOpenApiJson } from './reference/open-api-json.ts';
import { buildOpenApi } from './reference/open-api.ts';
import { addSimulatorProxy } from './simulator/proxy.ts';
import { addCancelMessage } from './tenant/cancel-message.ts';
import { addChangeSchedule } from './tenant/change-schedule.ts';
import { addDeletePending } from './tenant/delete-pending.ts';
import { addGetStatus } from './tenant/get-status.ts';
import { addGetGroupList } from './tenant/get-group-list.ts';
import { addIsRegistered } from './tenant/is-registered.ts';
import { addListSchedules } from './tenant/list-schedules.ts';
import { addMessages } from './tenant/messages.ts';
import { addPacing } from './tenant/pacing.ts';
import { addPending } from './tenant/pending.ts';
import { addReceivedMessages } from './tenant/received-messages.ts';
import { addResendMessage } from './tenant/resend-message.ts';
import { addSendGroup } from './tenant/send-group.ts';
import { addSendLocation } from './tenant/send-location.ts';
import { addSendMsg } from './tenant/send-msg.ts';
import { addSentMessages } from './tenant/sent-messages.ts';
import { addServiceSettings } from './tenant/service-settings.ts';
import { addAckEvents } from './tenant/events/ack.ts';
import { addCloseEvents } from './tenant/events/close.ts';
import { addOpenEvents } from './tenant/events/open.ts';
import { addPullEvents } from './tenant/events/pull.ts';
import { addStreamEvents } from './tenant/events/stream.ts';
import { addWebhookDeliveries } from './tenant/webhook/deliveries.ts';
import { addPendingWebhook } from './tenant/webhook/pending.ts';
import { addRemoveWebhook } from './tenant/webhook/remove.ts';
import { addReplayWebhook } from './tenant/webhook/replay.ts';
import { addResendWebhook } from './tenant/webhook/resend.ts';
import { addWebhookSecret } from './tenant/webhook/secret.ts';
import { addSetWebhook } from './tenant/webhook/set.ts';
import { addTestWebhook } from './tenant/webhook/test.ts';

const DOORS = {
  tenant: [
    addSendMsg,
    addSendGroup,
    addSendLocation,
    addGetStatus,
    addSentMessages,
    addReceivedMessages,
    addPacing,
    addPending,
    addDeletePending,
    addMessages,
    addCancelMessage,
    addResendMessage,
    addListSchedules,
    addChangeSchedule,
    addGetGroupList,
    addIsRegistered,
    addServiceSettings,
  ],
  webhook: [
    addSetWebhook,
    addRemoveWebhook,
    addPendingWebhook,
    addResendWebhook,
    addWebhookDeliveries,
    addReplayWebhook,
    addTestWebhook,
    addWebhookSecret,
    addOpenEvents,
    addPullEvents,
    addAckEvents,
    addStreamEvents,
    addCloseEvents,
  ],
  partner: [
    addCreate,
    addQrCode,
    addLoginWithCode,
    addConnect,
    addDisconnect,
    addHandleServices,
    addRenew,
    addShowAllService,
    addGetWalletBalance,
    addStatement,
    addRotateKey,
    addRotateAgentKey,
    addAgentWebhook,
  ],
  media: [addGetReceivedFile],
  operator: [
    addAgents,
    addListAgents,
    addCredit,
    addReverse,
    addRestoreService,
    addOperatedAgentKey,
    addOperatedServiceKey,
    addAgentStatement,
    addOperatedAgentWebhook,
    addSubscribe,
    addCreateService,
    addListServices,
    addShowService,
    addHandleService,
    addRenewService,
    addImportServices,
    addExpireService,
    addShowPacing,
    addSetPacing,
  ],
  health: [addHello, addLive, addReady, addMetrics],
};

/** Every address the gateway answers, door by door; a process without an API has one door. */
export async function addRoutes(app: FastifyInstance, edge: Edge): Promise<void> {
  if (edge.isHealthOnly) {
    for (const addEndpoint of DOORS.health) addEndpoint(app, edge);
    return;
  }
  const noted = noteRoutes(app);
  for (const endpoints of Object.values(DOORS)) {
    for (const addEndpoint of endpoints) addEndpoint(app, edge);
  }
  await addSimulatorProxy(app, edge);
  const document = buildOpenApi(describeRoutes(noted.stop()));
  addOpenApiJson(app, document);
  addDocs(app, document);
}
