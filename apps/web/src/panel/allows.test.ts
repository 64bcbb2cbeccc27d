import { PermissionPolicy } from '@conclave/browser-sdk';
import { expect, it } from 'vitest';
import { allows } from './allows.js';

it.each([
  [PermissionPolicy.Allow, [true, true, true]],
  [PermissionPolicy.Admin, [false, true, true]],
  [PermissionPolicy.SuperAdmin, [false, false, true]],
  [PermissionPolicy.Deny, [false, false, false]],
  [PermissionPolicy.Other, [false, false, false]],
])('policy %s lets members, admins and super admins', (policy, expected) => {
  expect([allows(policy, false, false), allows(policy, true, false), allows(policy, false, true)]).toEqual(expected);
});
