// Preloaded into every launched program: when the launcher dies without a word (kill -9), the IPC
// channel to it closes, and the program gets the SIGTERM that the launcher could not pass on.
// A program that listens for `disconnect` itself is left to its own way of stopping.

process.on('disconnect', () => {
  if (process.listenerCount('disconnect') === 1) process.kill(process.pid, 'SIGTERM');
});
process.channel?.unref();
