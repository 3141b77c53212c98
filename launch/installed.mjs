import { readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The first package that package-lock.json asks for on this platform and that is not installed in
 * the version asked for, or undefined when all are there. Compares with the lock file that npm
 * leaves inside node_modules, which lists what it really installed.
 */
export function lackingPackage(root) {
  const wanted = packagesOf(path.join(root, 'package-lock.json'));
  const installed = packagesOf(path.join(root, 'node_modules', '.package-lock.json'));
  for (const [place, entry] of Object.entries(wanted)) {
    if (place === '' || !place.includes('node_modules/')) continue;
    const found = installed[place];
    if (found === undefined && entry.optional && !isPlatformPackageForHere(entry)) continue;
    if (found === undefined || found.version !== entry.version)
      return place.replace(/^.*node_modules\//, '');
  }
  return undefined;
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages ?? {};
  } catch {
    return {};
  }
}

/**
 * Whether `entry` holds binaries for this very platform. Optional packages that name no platform
 * are what the binaries of other platforms depend on.
 */
function isPlatformPackageForHere(entry) {
  return (
    (entry.os !== undefined || entry.cpu !== undefined) &&
    allows(entry.os, process.platform) &&
    allows(entry.cpu, process.arch) &&
    (entry.libc === undefined || allows(entry.libc, libcOfThisProcess()))
  );
}

/** npm's rule for `os`, `cpu` and `libc`: a list of names, or of names excluded by a `!`. */
function allows(names, name) {
  if (names === undefined) return true;
  const list = [names].flat();
  if (list.includes(`!${name}`)) return false;
  return list.includes(name) || list.every((each) => each.startsWith('!'));
}

let libc;

function libcOfThisProcess() {
  if (process.platform !== 'linux') return undefined;
  libc ??= process.report.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
  return libc;
}
