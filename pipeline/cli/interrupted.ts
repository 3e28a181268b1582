/** Why work ends that the user stopped. */
export class Interrupted extends Error {
  override readonly message = "interrupted; run it again to finish";
}
