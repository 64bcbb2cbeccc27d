/** When reading a key package is noted as a use of it: at most once a day, so that reading stays reading. */

const NOTED_EVERY_NS = 24n * 3_600n * 1_000_000_000n;

/** Installations whose packages were read and last noted as used more than a day ago. */
export function unnotedUses(
  installationKeys: readonly Uint8Array[],
  stored: readonly ({ readonly usedNs: bigint } | undefined)[],
  nowNs: bigint,
): Uint8Array[] {
  return installationKeys.filter((_, index) => {
    const usedNs = stored[index]?.usedNs;
    return usedNs !== undefined && usedNs < nowNs - NOTED_EVERY_NS;
  });
}
