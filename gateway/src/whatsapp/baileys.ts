/**
 * The only door to the protocol library. Whoever needs Baileys imports it from here, because some
 * things must have happened before its first line runs: signatures must really be verified, a try
 * that fails must spoil no session, and nothing it or libsignal prints may reach the console.
 */
import './separate-tries.ts';
import './strict-signatures.ts';
import './quiet-console.ts';
import '../runtime/quick-keys.ts';

export {
  BufferJSON,
  decryptPollVote,
  DEFAULT_CONNECTION_CONFIG,
  encryptedStream,
  getAllBinaryNodeChildren,
  getBinaryNodeChild,
  getBinaryNodeChildren,
  getMediaKeys,
  initAuthCreds,
  jidDecode,
  makeWASocket,
  proto,
  WA_CERT_DETAILS,
} from 'baileys';
export type {
  AuthenticationCreds,
  BinaryNode,
  GroupMetadata,
  SignalDataSet,
  SignalDataTypeMap,
  SignalKeyStore,
  SocketConfig,
  WAMessage,
  WASocket,
} from 'baileys';
