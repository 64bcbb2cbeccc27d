/** For how long after its epoch an application message can be read: members keep the keys of three epochs that are over. */

/** An application message can be read while the group is fewer epochs ahead (libxmtp `MAX_PAST_EPOCHS`). */
const READABLE_EPOCHS = 3n;

/** Whether members of a group at `groupEpoch` are certain to read a message of `messageEpoch`. */
export function isReadable(messageEpoch: bigint, groupEpoch: bigint): boolean {
  return messageEpoch <= groupEpoch && groupEpoch < messageEpoch + READABLE_EPOCHS;
}
