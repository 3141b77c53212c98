import type { ContentReader } from './received-content.ts';

/** What somebody chose from buttons or a list: the text they saw, else the choice's id. */
export const readAnswer: ContentReader = (content) => {
  const {
    buttonsResponseMessage: button,
    templateButtonReplyMessage: reply,
    listResponseMessage: list,
    interactiveResponseMessage: flow,
  } = content;
  if (button) return chat(button.selectedDisplayText, button.selectedButtonId);
  if (reply) return chat(reply.selectedDisplayText, reply.selectedId);
  if (list) return chat(list.title, list.singleSelectReply?.selectedRowId);
  if (flow) return chat(flow.body?.text, flow.nativeFlowResponseMessage?.paramsJson);
  return null;
};

function chat(seen: string | null | undefined, id: string | null | undefined) {
  return { type: 'chat', text: seen || id || '' };
}
