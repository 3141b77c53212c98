#!/usr/bin/env node
// `npx tickwire ...` in a clone: the operator's command line, started as everything here is started
// (see launch.mjs). Programs run in the root of the repository; files that are named on the command
// line lie where it was called.

process.env['TICKWIRE_CALLED_IN'] = process.cwd();
process.argv.splice(2, 0, 'gateway/src/cli/main.ts');
await import('./launch.mjs');
