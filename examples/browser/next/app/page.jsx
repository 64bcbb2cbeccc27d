'use client';
import { useEffect, useState } from 'react';
import { talk } from '../talk.js';

export default function Page() {
  const [text, show] = useState('…');
  useEffect(() => {
    talk(show).catch((error) => show(`failed: ${error.message}`));
  }, []);
  return <output>{text}</output>;
}
