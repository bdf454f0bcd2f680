import type { ContainerInspectInfo, ImageInspectInfo } from 'dockerode';

/** What `GET /containers/ID/json` answers. */
export interface ContainerDetails extends ContainerInspectInfo {
  readonly Config: ContainerInspectInfo['Config'] & {
    /** Seconds between the stop signal and the kill; absent where the Engine's default of 10 holds. */
    readonly StopTimeout?: number;
    /** Only where the user chose it. */
    readonly MacAddress?: string;
    /** What runs a CMD-SHELL; absent where it is `/bin/sh -c`. */
    readonly Shell?: readonly string[];
  };
}

/** The container's name as users write it: the Engine puts a slash before it. */
export function nameOf({ Name: name }: Pick<ContainerDetails, 'Name'>): string {
  return name.replace(/^\//, '');
}

/** What `GET /images/ID/json` answers. */
export type ImageDetails = ImageInspectInfo;
