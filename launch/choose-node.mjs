import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { LaunchError, say } from './say.mjs';

/** The first major version that runs TypeScript files as they are. */
const NODE_MAJOR_MIN = 24;

const PACKAGE_PLATFORMS = { win32: 'win' };

/**
 * A Node that runs TypeScript: the one running now if it is new enough, else the one that came
 * with the packages. Takes the repository's root, gives the path of the executable.
 */
export function chooseNode(root) {
  const major = Number.parseInt(process.versions.node, 10);
  if (major >= NODE_MAJOR_MIN) return process.execPath;

  const platform = PACKAGE_PLATFORMS[process.platform] ?? process.platform;
  const executable = process.platform === 'win32' ? 'node.exe' : 'node';
  const folder = path.join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin');
  const node = path.join(folder, executable);
  const advice = `Please install Node ${NODE_MAJOR_MIN} or newer and start again.`;
  const have = `Tickwire runs on Node ${NODE_MAJOR_MIN} or newer, this is ${process.versions.node}`;
  if (!existsSync(node)) {
    throw new LaunchError(
      `${have}, and npm offers none for ${process.platform}-${process.arch}. ${advice}`,
    );
  }
  const probe = probeNode(node, undefined);
  if (probe !== undefined) {
    throw new LaunchError(`${have}, and the one from npm does not run here (${probe}). ${advice}`);
  }
  return node;
}

/**
 * `nodeOptions` if `node` accepts them, else undefined: options meant for the older Node of the
 * machine may be unknown to the one we chose, which would then refuse to start at all.
 */
export function usableNodeOptions(node, nodeOptions) {
  if (nodeOptions === undefined || node === process.execPath) return nodeOptions;
  const refusal = probeNode(node, nodeOptions);
  if (refusal === undefined) return nodeOptions;
  say(`NODE_OPTIONS is left out, because the Node in use does not accept it: ${refusal}`);
  return undefined;
}

/** Undefined when `node` starts with these options, else the first line of what it said. */
function probeNode(node, nodeOptions) {
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const env =
    nodeOptions === undefined ? environment : { ...environment, NODE_OPTIONS: nodeOptions };
  const probe = spawnSync(node, ['--eval', ''], { env, encoding: 'utf8' });
  if (probe.error !== undefined) return probe.error.message;
  if (probe.status === 0) return undefined;
  return probe.stderr.trim().split('\n')[0] || `it ended with ${probe.signal ?? probe.status}`;
}
