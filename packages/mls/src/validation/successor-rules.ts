/** Rules on groups that follow or branch off others (RFC 9420 sections 11.2, 11.3 and 12.4.3.1). */
import type { Rule } from './rule.js';

/** Rules on re-initialization and branching. */
export const SUCCESSOR_RULES = {
  'successor-predecessor': {
    section: '12.4.3.1',
    sentence: 'The group that a re-initialization or branch key comes from is at hand when its successor is joined.',
  },
  'successor-psk': {
    section: '11.2',
    sentence: 'A Welcome into a group that is to follow another names a re-initialization or branch key.',
  },
  'successor-epoch': {
    section: '12.4.3.1',
    sentence: 'A Welcome with a re-initialization or branch key is of epoch 1 of its group.',
  },
  'reinit-committed': {
    section: '11.2',
    sentence: 'The last commit of the group that a re-initialization key comes from holds a reinit proposal.',
  },
  'reinit-parameters': {
    section: '11.2',
    sentence: 'A re-initialized group has the version, suite, group id and extensions of the reinit proposal.',
  },
  'reinit-members': {
    section: '11.2',
    sentence: 'All members of the old group are members of the re-initialized one.',
  },
  'branch-parameters': {
    section: '11.3',
    sentence: 'A group that branches off has the version and suite of the group it comes from.',
  },
  'branch-members': {
    section: '11.3',
    sentence: 'The members of a group that branches off are members of the group it comes from.',
  },
} as const satisfies Readonly<Record<string, Rule>>;
