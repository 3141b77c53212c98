import { join } from 'node:path';
import type { ReceivedAnswer } from '../comparison.ts';
import { answers, run, type Client } from './client.ts';

/** A script that reads calls from its input and prints the answers, both as JSON. */
function script(name: string, command: string, file: string, missing: string | null): Client {
  return {
    name,
    missing,
    async send(calls) {
      const path = join(import.meta.dirname, file);
      const output = await run(command, [path], JSON.stringify(calls));
      return JSON.parse(output) as ReceivedAnswer[];
    },
  };
}

const PHP_MISSING = answers('php', ['-m'], ['json']) ? null : 'PHP is not installed';
const PHP_CURL_MISSING = answers('php', ['-m'], ['curl', 'json'])
  ? null
  : 'PHP with its curl extension is not installed';
const PYTHON_MISSING = answers('python3', ['-c', 'import json, urllib.request'])
  ? null
  : 'Python 3 is not installed';

export const phpCurl = script('PHP’s curl', 'php', 'php-curl.php', PHP_CURL_MISSING);
export const phpStreams = script('PHP’s streams', 'php', 'php-streams.php', PHP_MISSING);
export const pythonUrllib = script(
  'Python’s urllib',
  'python3',
  'python-urllib.py',
  PYTHON_MISSING,
);
