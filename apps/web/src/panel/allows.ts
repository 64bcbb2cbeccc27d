/** Who a policy lets do something. Pure. */
import { PermissionPolicy } from '@conclave/browser-sdk';

/** Whether a policy lets somebody. */
export function allows(policy: PermissionPolicy, isAdmin: boolean, isSuperAdmin: boolean): boolean {
  switch (policy) {
    case PermissionPolicy.Allow:
      return true;
    case PermissionPolicy.Admin:
      return isAdmin || isSuperAdmin;
    case PermissionPolicy.SuperAdmin:
      return isSuperAdmin;
    default:
      return false;
  }
}
