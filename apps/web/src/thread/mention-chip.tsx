/** Somebody who is meant in a message, by the name that the person knows. */
import { myMentions, nameOfMentioned } from '../state/people.js';

/** The chip; stands out where it is oneself. */
export function mentionChip(id: string) {
  return (
    <span class="mention" data-me={myMentions.value.includes(id) || undefined} title={id}>
      @{nameOfMentioned(id)}
    </span>
  );
}
