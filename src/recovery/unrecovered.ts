/** What a run that was cut off has left could not be set right: a person must look. */
export class Unrecovered extends Error {
  override readonly name = 'Unrecovered';
}
