/**
 * Finds the devices for which WhatsApp hands out no keys. It refuses a whole question because of one
 * of them, so the question is halved until it is clear which. What is not refused is fetched.
 * @param fetchKeys fetches the keys of these devices, all or none
 * @param isRefusal tells WhatsApp's refusal from a question that was not answered
 * @throws what `fetchKeys` throws and is no refusal
 */
export async function findKeyless(
  jids: readonly string[],
  fetchKeys: (jids: string[]) => Promise<unknown>,
  isRefusal: (error: unknown) => boolean,
): Promise<string[]> {
  try {
    if (jids.length > 0) await fetchKeys([...jids]);
    return [];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    if (jids.length === 1) return [...jids];
    const half = Math.ceil(jids.length / 2);
    return [
      ...(await findKeyless(jids.slice(0, half), fetchKeys, isRefusal)),
      ...(await findKeyless(jids.slice(half), fetchKeys, isRefusal)),
    ];
  }
}
