import { getContext } from '../app';
import { diagnose, type Diagnosis, type DoctorResolver } from '../insight';

/** `strapi.plugin('newsletter').service('doctor')`: for `strapi-newsletter doctor`, in a Strapi that does not listen. */
export interface DoctorService {
  run(resolver: DoctorResolver): Promise<Diagnosis[]>;
}

export const createDoctorService = (): DoctorService => ({
  run: (resolver) => diagnose(getContext(), resolver),
});
