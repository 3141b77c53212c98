import type { proto } from '../baileys.ts';
import { joinLines, type ContentReader } from './received-content.ts';

/** Events, invitations, and what people buy and pay. */
export const readMatter: ContentReader = (content) =>
  readEvent(content) ?? readTrade(content) ?? readPayment(content);

const readEvent: ContentReader = (content) => {
  const { eventMessage, groupInviteMessage, scheduledCallCreationMessage } = content;
  if (eventMessage) {
    const { name, description, startTime, location, joinLink } = eventMessage;
    const place = location?.name || location?.address;
    return {
      type: 'event',
      text: joinLines(name, timeOf(Number(startTime ?? 0) * 1000), place, description, joinLink),
    };
  }
  if (groupInviteMessage) {
    const { groupName, caption, inviteCode } = groupInviteMessage;
    const link = inviteCode ? `https://chat.whatsapp.com/${inviteCode}` : '';
    return { type: 'group_invite', text: joinLines(groupName, caption, link) };
  }
  if (scheduledCallCreationMessage) {
    const { title, scheduledTimestampMs } = scheduledCallCreationMessage;
    return { type: 'call', text: joinLines(title, timeOf(Number(scheduledTimestampMs ?? 0))) };
  }
  return content.encEventResponseMessage ? { type: 'event_response', text: '' } : null;
};

const readTrade: ContentReader = ({ productMessage, orderMessage, invoiceMessage }) => {
  if (productMessage) {
    const { product, body } = productMessage;
    return { type: 'product', text: joinLines(product?.title, product?.description, body) };
  }
  if (orderMessage) {
    const { orderTitle, message, itemCount, totalAmount1000, totalCurrencyCode } = orderMessage;
    const total = amountOf(totalAmount1000, totalCurrencyCode);
    const items = itemCount ? `${itemCount} items` : '';
    return { type: 'order', text: joinLines(orderTitle, message, items, total) };
  }
  return invoiceMessage ? { type: 'order', text: invoiceMessage.note ?? '' } : null;
};

const readPayment: ContentReader = ({ sendPaymentMessage, requestPaymentMessage }) => {
  const payment = sendPaymentMessage ?? requestPaymentMessage;
  if (!payment) return null;
  const note =
    payment.noteMessage?.extendedTextMessage?.text ?? payment.noteMessage?.conversation ?? '';
  const amount = requestPaymentMessage
    ? amountOf(requestPaymentMessage.amount1000, requestPaymentMessage.currencyCodeIso4217)
    : '';
  return { type: 'payment', text: joinLines(note, amount) };
};

function timeOf(ms: number): string {
  return ms > 0 ? new Date(ms).toISOString() : '';
}

/** WhatsApp counts money in thousandths. */
function amountOf(
  thousandths: proto.Message.IOrderMessage['totalAmount1000'],
  currency: string | null | undefined,
): string {
  return thousandths ? `${Number(thousandths) / 1000} ${currency ?? ''}`.trimEnd() : '';
}
