import { Box, Flex } from '@strapi/design-system';
import { SubNav } from '@strapi/strapi/admin';
import { styled } from 'styled-components';
import { useCan } from '../permissions';
import { BASE_PATH } from '../pluginId';
import { useText } from './useText';

const List = styled.ul`
  list-style: none;
  padding: ${({ theme }) => `${theme.spaces[4]} ${theme.spaces[2]}`};
`;

const SmallScreens = styled(Box)`
  ${({ theme }) => theme.breakpoints.medium} {
    display: none;
  }
`;

interface NavLink {
  to: string;
  label: string;
  allowed: boolean;
}

function useLinks(): { first: NavLink[]; audience: NavLink[]; last: NavLink[] } {
  const t = useText();
  const { can } = useCan();
  const link = (to: string, label: string, allowed: boolean): NavLink => ({
    to: `${BASE_PATH}/${to}`,
    label,
    allowed,
  });
  const allowed = (links: NavLink[]) => links.filter((entry) => entry.allowed);
  return {
    first: allowed([
      link('overview', t('common.nav.overview'), can.overview),
      link('campaigns', t('common.nav.campaigns'), can.campaignsRead),
    ]),
    audience: allowed([
      link('subscribers', t('common.nav.subscribers'), can.subscribersRead),
      link('lists', t('common.nav.lists'), can.listsRead),
      link('segments', t('common.nav.segments'), can.segmentsRead),
      link('imports', t('imports.title'), can.subscribersImport),
    ]),
    last: allowed([
      link('templates', t('common.nav.templates'), can.templatesRead),
      link('rules', t('rules.title'), can.rulesRead),
      link('deliverability', t('deliverability.title'), can.deliverabilityRead || can.subscribersRead),
    ]),
  };
}

const Entry = ({ link }: { link: NavLink }) => (
  <li>
    <SubNav.Link to={link.to} label={link.label} />
  </li>
);

/** The plugin's side navigation; only pages that the person may read are in it. */
export function NewsletterNav() {
  const t = useText();
  const { first, audience, last } = useLinks();
  return (
    <SubNav.Main aria-label={t('common.nav.label')}>
      <SubNav.Header label={t('common.plugin-name')} />
      <List>
        {first.map((link) => (
          <Entry key={link.to} link={link} />
        ))}
        {audience.length > 0 && (
          <li>
            <SubNav.SubSection label={t('common.nav.audience')}>
              {audience.map((link) => (
                <SubNav.Link key={link.to} to={link.to} label={link.label} />
              ))}
            </SubNav.SubSection>
          </li>
        )}
        {last.map((link) => (
          <Entry key={link.to} link={link} />
        ))}
      </List>
    </SubNav.Main>
  );
}

/** The same links in a row, for windows too narrow for the side navigation. */
export function NarrowNav() {
  const t = useText();
  const { first, audience, last } = useLinks();
  return (
    <SmallScreens
      tag="nav"
      aria-label={t('common.nav.label')}
      background="neutral0"
      paddingLeft={4}
      paddingRight={4}
    >
      <Flex tag="ul" gap={1} wrap="wrap">
        {[...first, ...audience, ...last].map((link) => (
          <Entry key={link.to} link={link} />
        ))}
      </Flex>
    </SmallScreens>
  );
}
