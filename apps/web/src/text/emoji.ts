/** The emoji that the page offers: those people use most, by group. Any other can be typed or pasted. */

/** Offered first for a reaction. */
export const QUICK_REACTIONS = ['👍', '❤️', '😂', '🎉', '😮', '😢'] as const;

/** Groups of the picker. */
export const EMOJI: readonly (readonly string[])[] = [
  [...'😀😄😁😅😂🙂🙃😉😊😍😘😋😜🤪🤔🤨😐😏🙄😬😌😴😷🤒🤯🥳😎🤓😕😟😮😳🥺😢😭😤😡💀👻🤖'],
  [
    '👍',
    '👎',
    '👏',
    '🙌',
    '🙏',
    '🤝',
    '💪',
    '👋',
    '✌️',
    '🤞',
    '👌',
    '🤙',
    '👀',
    '🧠',
    '❤️',
    '🧡',
    '💛',
    '💚',
    '💙',
    '💜',
    '🖤',
    '💔',
  ],
  [...'🐶🐱🦊🐻🐼🐨🦁🐮🐷🐸🐵🐔🐧🦉🐝🦋🐢🐙🌱🌲🌴🌵🌷🌻🍀🍁🍄🌍🌙⭐🔥🌈'],
  [...'🍏🍓🍒🍑🥑🍅🌽🍞🧀🍕🍔🌮🍣🍜🍰🍩🍪🍫🍵🍺🍷🥂'],
  [...'⚽🏀🎾🏔🚀🚲🚗🚂⛵🏠🏖🎸🎧🎬🎮🎲🎉🎁💡📷📎📌📅🔑🔒💰✅❌❓❗💯'],
];
