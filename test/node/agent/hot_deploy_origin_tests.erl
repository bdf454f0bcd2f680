-module(hot_deploy_origin_tests).
-include_lib("eunit/include/eunit.hrl").

within(Variables, Settings, Given, Test) ->
    [os:putenv(Name, Value) || {Name, Value} <- Variables],
    ok = application:load({application, hd_origin, [{vsn, "1"}, {env, Settings}]}),
    try Test(hot_deploy_origin:sources(Given))
    after
        application:unload(hd_origin),
        [os:unsetenv(Name) || {Name, _} <- Variables]
    end.

what_is_a_variables_value_is_taken_from_where_it_serves_test() ->
    within([{"HD_KEY", "s3cret-key"}], [], [], fun(Sources) ->
        {ok, Carried} = hot_deploy_origin:carried([[{key, <<"s3cret-key">>}, {other, "s3cret-key"}, {limit, 10}]], Sources),
        ?assertEqual([[{key, {'<from>', [{environment, "HD_KEY", binary}]}},
                       {other, {'<from>', [{environment, "HD_KEY", string}]}},
                       {limit, 10}]], Carried)
    end).

the_cookie_is_a_secret_as_any_other_and_what_the_release_says_of_itself_is_none_test() ->
    within([{"RELEASE_COOKIE", "COOKIE-OF-NODES"}, {"RELEASE_NAME", "storefront"}], [], [], fun(Sources) ->
        {ok, Carried} = hot_deploy_origin:carried(["COOKIE-OF-NODES", "storefront"], Sources),
        ?assertEqual([{'<from>', [{environment, "RELEASE_COOKIE", string}]}, "storefront"], Carried)
    end).

what_was_made_of_one_is_taken_from_the_setting_that_it_stands_in_too_test() ->
    Settings = [{repo, [{database, <<"shop_test">>}, {pool, #{host => <<"db.internal">>}}]}],
    within([{"HD_URL", "ecto://me@db.internal/shop_test"}], Settings, [], fun(Sources) ->
        {ok, [Database, Host]} = hot_deploy_origin:carried([<<"shop_test">>, <<"db.internal">>], Sources),
        ?assertEqual({'<from>', [{setting, hd_origin, repo, [{key, database}]}]}, Database),
        ?assertEqual({'<from>', [{setting, hd_origin, repo, [{key, pool}, {key, host}]}]}, Host)
    end).

and_where_it_stands_in_none_it_cannot_be_carried_test() ->
    within([{"HD_URL", "ecto://me@db.internal/shop_test"}], [], [], fun(Sources) ->
        ?assertEqual({part_of, "HD_URL"}, hot_deploy_origin:carried([<<"shop_test">>], Sources)),
        ?assertEqual([<<"tea">>, '<random binary>'], hot_deploy_origin:masked([<<"tea">>, <<"shop_test">>], Sources)),
        ?assertEqual({part_of, "HD_URL"}, hot_deploy_origin:carried([<<"ecto://me@db.internal/shop_test?ssl=true">>], Sources))
    end).

short_words_and_numbers_are_the_codes_own_unless_they_were_given_to_this_boot_alone_test() ->
    Variables = [{"HD_PORT", "4017"}, {"HD_ON", "1"}],
    within(Variables, [], [], fun(Sources) ->
        ?assertEqual({ok, [4017, <<"1">>]}, hot_deploy_origin:carried([4017, <<"1">>], Sources))
    end),
    within(Variables, [], ["HD_PORT"], fun(Sources) ->
        ?assertEqual({ok, [{'<from>', [{environment, "HD_PORT", number}]}, <<"1">>]}, hot_deploy_origin:carried([4017, <<"1">>], Sources))
    end).

what_is_written_in_the_code_is_carried_as_it_is_test() ->
    within([{"HD_KEY", "s3cret-key"}, {"HD_ON", "true"}, {"HD_URL", "https://shop.example"}], [{limit, 10}], [], fun(Sources) ->
        Term = [#{name => shop, words => [<<"tea">>, "milk", <<"https">>, <<"?ssl=true">>], size => 2.5}, [a | b], {}],
        ?assertEqual({ok, Term}, hot_deploy_origin:carried(Term, Sources))
    end).
