import type { ReceivedAnswer } from '../comparison.ts';
import { answers, run, type Client, type ClientCall } from './client.ts';

const MARK = '\n--of-curl--';

/** curl on the command line. */
export const curl: Client = {
  name: 'curl',
  missing: answers('curl', ['--version']) ? null : 'curl is not installed',
  async send(calls) {
    const received: ReceivedAnswer[] = [];
    for (const call of calls) received.push(await sendOne(call));
    return received;
  },
};

async function sendOne(call: ClientCall): Promise<ReceivedAnswer> {
  const format = `${MARK}%{http_code} %{content_type}`;
  const given = ['--silent', '--show-error', '--noproxy', '*', '--write-out', format];
  const output = await run('curl', [...given, ...callArguments(call)], '');
  const [text = '', written = ''] = output.split(MARK);
  const space = written.indexOf(' ');
  return {
    status: Number(written.slice(0, space)),
    contentType: written.slice(space + 1),
    text,
  };
}

function callArguments({ method, url, query, body }: ClientCall): string[] {
  if (body.kind === 'none') {
    const fields = query.flatMap(({ name, value }) => ['--data-urlencode', `${name}=${value}`]);
    return method === 'GET' ? ['--get', ...fields, url] : ['--request', method, ...fields, url];
  }
  if (body.kind === 'json') {
    return ['--header', 'Content-Type: application/json', '--data-binary', body.text, url];
  }
  return [
    ...body.fields.flatMap((field) => {
      if ('file' in field) return ['--form', `${field.name}=@${field.file}`];
      return body.kind === 'multipart'
        ? ['--form-string', `${field.name}=${field.value}`]
        : ['--data-urlencode', `${field.name}=${field.value}`];
    }),
    url,
  ];
}
