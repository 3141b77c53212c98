import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { lackingPackage } from './installed.mjs';
import { withInstallLock } from './install-lock.mjs';
import { LaunchError, say } from './say.mjs';

/** Development packages too, whatever NODE_ENV says: tests and benchmarks are launched the same way. */
const NPM_ARGUMENTS = [
  'ci',
  '--include=dev',
  '--include=optional',
  '--ignore-scripts',
  // The lock file says what to install: there is nothing new to ask the registry about.
  '--prefer-offline',
  '--no-audit',
  '--no-fund',
];

/**
 * Installs the packages of the repository at `root`, unless what is installed is what the lock
 * file asks for on this platform. Needs the network only then. Several launches at once install
 * once. Throws a LaunchError with a sentence when it fails.
 */
export async function installPackages(root) {
  const wanted = stampOf(root);
  if (readIfThere(stampPath(root)) === wanted) return;
  if (lackingPackage(root) === undefined) {
    // Somebody ran npm by hand. A checkout that may not be written to can live without the stamp.
    writeStamp(root, wanted);
    return;
  }
  await withInstallLock(root, async (lock) => {
    if (readIfThere(stampPath(root)) === wanted) return;
    say('Installing packages, which takes about a minute and is done once ...');
    await runNpm(root, lock);
    const lacking = lackingPackage(root);
    if (lacking !== undefined) {
      throw new LaunchError(
        `The package ${lacking} was not installed, although npm reported success. ` +
          'It may not have been downloadable: please start again.',
      );
    }
    writeStamp(root, wanted);
  });
}

/** What the installed packages depend on: the lock file and the platform. */
function stampOf(root) {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex');
  return `${process.platform}-${process.arch} ${hash}\n`;
}

function stampPath(root) {
  return path.join(root, 'node_modules', '.tickwire-installed');
}

function writeStamp(root, stamp) {
  try {
    writeFileSync(stampPath(root), stamp);
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error;
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

async function runNpm(root, lock) {
  const { command, commandArguments } = npmCommand();
  const cache = ownCacheIfHomeIsClosed();
  const { NODE_OPTIONS: _, ...environment } = process.env;
  if (cache !== undefined) environment['npm_config_cache'] = cache;
  try {
    const { code, output } = await new Promise((resolve, reject) => {
      const npm = spawn(command, [...commandArguments, ...NPM_ARGUMENTS], {
        cwd: root,
        env: environment,
        stdio: ['ignore', 'pipe', 'pipe'],
        shell: command.endsWith('.cmd'),
      });
      const chunks = [];
      npm.stdout.on('data', (chunk) => chunks.push(chunk));
      npm.stderr.on('data', (chunk) => chunks.push(chunk));
      npm.on('error', reject);
      npm.on('spawn', () => lock.workDoneBy(npm.pid));
      npm.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString() }));
    });
    if (code !== 0) throw new LaunchError(`${output.trim()}\n\n${reasonOf(output, root)}`);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
    throw new LaunchError(
      'npm was not found. Please install it (it comes with Node) and start again.',
    );
  } finally {
    if (cache !== undefined) rmSync(cache, { recursive: true, force: true });
  }
}

/** The npm that runs us, if one does, else the one on the PATH. */
function npmCommand() {
  const running = process.env['npm_execpath'];
  if (running !== undefined && path.basename(running) === 'npm-cli.js') {
    return { command: process.execPath, commandArguments: [running] };
  }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', commandArguments: [] };
}

/** npm keeps its cache at home; a user without a home to write to gets a passing one. */
function ownCacheIfHomeIsClosed() {
  if (
    process.env['npm_config_cache'] !== undefined &&
    isWritable(process.env['npm_config_cache'])
  ) {
    return undefined;
  }
  const home = os.homedir();
  const cache = path.join(home, '.npm');
  if (isWritable(cache) || isCreatable(cache)) return undefined;
  return mkdtempSync(path.join(os.tmpdir(), 'tickwire-npm-'));
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function isCreatable(folder) {
  try {
    accessSync(folder);
    return false;
  } catch (error) {
    return error.code === 'ENOENT' && isWritable(path.dirname(folder));
  }
}

/** A sentence for what npm said, by the error codes it prints. */
function reasonOf(output, root) {
  if (
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|ERR_SOCKET_TIMEOUT/.test(
      output,
    )
  ) {
    return 'Installing the packages failed because the npm registry could not be reached. The first start needs the network: please connect and start again.';
  }
  if (/ENOSPC/.test(output))
    return `Installing the packages failed because the disk of ${root} is full.`;
  if (/EACCES|EPERM|EROFS/.test(output)) {
    return `Installing the packages failed because this user may not write to ${root} or to npm's cache.`;
  }
  if (/EUSAGE|in sync/.test(output)) {
    return 'Installing the packages failed because package.json and package-lock.json disagree: please run npm install.';
  }
  return 'Installing the packages failed: npm says above why.';
}
