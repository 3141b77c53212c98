import { joinLines, type ContentReader } from './received-content.ts';

/** Plain texts, and the texts of messages that businesses compose with buttons and lists. */
export const readText: ContentReader = (content) => {
  const text =
    content.conversation ?? content.extendedTextMessage?.text ?? readComposed(content) ?? null;
  return text === null ? null : { type: 'chat', text };
};

function readComposed(content: Parameters<ContentReader>[0]): string | undefined {
  const {
    buttonsMessage,
    listMessage,
    templateMessage,
    interactiveMessage,
    highlyStructuredMessage,
    questionResponseMessage,
  } = content;
  if (buttonsMessage) {
    return joinLines(buttonsMessage.text, buttonsMessage.contentText, buttonsMessage.footerText);
  }
  if (listMessage) return joinLines(listMessage.title, listMessage.description);
  if (templateMessage) {
    const template = templateMessage.hydratedTemplate ?? templateMessage.hydratedFourRowTemplate;
    return joinLines(template?.hydratedTitleText, template?.hydratedContentText);
  }
  if (interactiveMessage) {
    return joinLines(interactiveMessage.header?.title, interactiveMessage.body?.text);
  }
  if (highlyStructuredMessage) {
    const { hydratedHsm, elementName } = highlyStructuredMessage;
    return hydratedHsm?.hydratedTemplate?.hydratedContentText ?? elementName ?? '';
  }
  return questionResponseMessage?.text ?? undefined;
}
